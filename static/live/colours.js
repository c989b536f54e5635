// Colours of lines, from the style sheet's tokens, so that they fit both themes.
const COUNT = 10;
const DASHES = [[], [6, 3], [2, 3]];

/** @param {string} name */
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const probe = document.createElement("span");
probe.style.setProperty("forced-color-adjust", "none"); // lines keep their colours, which tell them apart

/** @type {Map<string, string>} */
const known = new Map(); // to ask the browser has it look at all styles that changed since
onTheme(() => known.clear());

/** A token's colour as the canvas understands it: light-dark() is worked out by the browser.
 * @param {string} name */
export function colour(name) {
  const found = known.get(name) ?? ask(name);
  known.set(name, found);
  return found;
}

/** @param {string} name */
function ask(name) {
  probe.hidden = true;
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color || token(name);
}

/** @param {number} index */
export const lineColour = (index) => colour(`--line-${(index % COUNT) + 1}`);
/** @param {number} index */
export const lineDash = (index) => DASHES[Math.floor(index / COUNT) % DASHES.length];

/** Calls back when the theme changes; paper is light.
 * @param {() => void} listener */
export function onTheme(listener) {
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", listener);
  document.addEventListener("v3-theme", listener); // a person chose another one (later/settings.js)
}
