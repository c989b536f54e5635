// The page's colours for xterm, which wants them as values: read from the tokens (terminal.css), light or dark.

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

const probe = document.createElement("span");
probe.hidden = true;

/** A token's value as it is now: light-dark() and var() worked out.
 * @param {string} token */
function color(token) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(${token})`;
  return getComputedStyle(probe).color;
}

export function theme() {
  /** @type {Record<string, string>} */
  const colors = {
    background: color("--term-ground"),
    foreground: color("--term-text"),
    cursor: color("--term-cursor"),
    cursorAccent: color("--term-ground"),
    selectionBackground: color("--term-selection"),
    selectionInactiveBackground: color("--term-selection"),
    scrollbarSliderBackground: color("--term-slider"),
    scrollbarSliderHoverBackground: color("--term-slider-strong"),
    scrollbarSliderActiveBackground: color("--term-slider-strong"),
  };
  for (const name of NAMES) {
    const bright = `bright${name[0].toUpperCase()}${name.slice(1)}`;
    colors[name] = color(`--term-${name}`);
    colors[bright] = color(`--term-bright-${name}`);
  }
  return colors;
}

export function monospace() {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.fontFamily = "var(--mono)";
  return getComputedStyle(probe).fontFamily;
}

/** Call it each time the system goes from light to dark or back.
 * @param {() => void} change */
export function onTheme(change) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", change);
  document.addEventListener("v3-theme", change); // a person chose another one (later/settings.js)
}
