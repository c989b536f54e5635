// Keys that are the page's, not the shell's, and the row of keys that a phone's keyboard lacks.
import { part } from "../js/dom.js";
import { copyText } from "../js/copy.js";

/** @type {Record<string, string>} */
const SENT = { esc: "\u001b", tab: "\t", "ctrl-c": "\u0003" };
/** @type {Record<string, string>} */
const CURSOR = { up: "A", down: "B", right: "C", left: "D" };

/** What this key of the row sends.
 * @param {string} name
 * @param {XTerm} term */
function sequence(name, term) {
  if (name in CURSOR) return `\u001b${term.modes.applicationCursorKeysMode ? "O" : "["}${CURSOR[name]}`;
  return SENT[name] ?? name;
}

/** The keys of one page.
 * @param {ParentNode} root
 * @param {import("./shown.js").Shown} shown
 * @param {() => void} openPalette */
export function mountKeyboard(root, shown, openPalette) {
  const row = part(root, "keys");
  let control = false; // the row's Ctrl was pressed: the next letter is with it

  /** Whether xterm may have this key.
   * @param {KeyboardEvent} event */
  function key(event) {
    if (!event.ctrlKey || !event.shiftKey || event.altKey || event.metaKey) return true;
    const action = { KeyC: copy, Space: openPalette, ArrowUp: leave }[event.code];
    if (event.code === "KeyV") return false; // the browser pastes
    if (!action) return true;
    event.preventDefault();
    if (event.type === "keydown") action();
    return false;
  }

  /** Out of the terminal, which takes the Tab key for itself. */
  const leave = () => shown.tab?.button.focus();

  function copy() {
    if (!shown.tab) return;
    const { text, what } = shown.tab.screen.text();
    copyText(text, what);
  }

  /** A letter after the row's Ctrl.
   * @param {string} text */
  function alter(text) {
    if (!control || !/^[a-z@[\\\]^_ ]$/i.test(text)) return text;
    hold(false);
    return String.fromCharCode(text.toUpperCase().charCodeAt(0) & 0x1f);
  }

  /** @param {boolean} yes */
  function hold(yes) {
    control = yes;
    row.querySelector('[data-key="ctrl"]')?.setAttribute("aria-pressed", String(yes));
  }

  row.addEventListener("click", (event) => {
    const name = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-key]"))?.dataset.key;
    if (!name || !shown.tab) return;
    const { term } = shown.tab.screen;
    if (name === "ctrl") hold(!control);
    else term.input(sequence(name, term), true);
    shown.focus();
  });
  row.addEventListener("pointerdown", (event) => event.preventDefault()); // the phone's keyboard stays
  part(root, "copy").addEventListener("click", copy);
  return { key, alter };
}
