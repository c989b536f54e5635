// Keys that are the page's, not the shell's, and the row of keys that a phone's keyboard lacks.
import { byId } from "../js/dom.js";
import { copyText } from "../js/copy.js";
import { current, focus } from "./tabs.js";
import { openPalette } from "./palette.js";

let control = false; // the row's Ctrl was pressed: the next letter is with it

/** Whether xterm may have this key. */
export function key(event) {
  if (!event.ctrlKey || !event.shiftKey || event.altKey || event.metaKey) return true;
  const action = { KeyC: copy, Space: openPalette, ArrowUp: leave }[event.code];
  if (event.code === "KeyV") return false; // the browser pastes
  if (!action) return true;
  event.preventDefault();
  if (event.type === "keydown") action();
  return false;
}

/** Out of the terminal, which takes the Tab key for itself. */
const leave = () => current()?.button.focus();

export function copy() {
  const { text, what } = current().screen.text();
  copyText(text, what);
}

/** A letter after the row's Ctrl. */
export function alter(text) {
  if (!control || !/^[a-z@[\\\]^_ ]$/i.test(text)) return text;
  hold(false);
  return String.fromCharCode(text.toUpperCase().charCodeAt(0) & 0x1f);
}

function hold(yes) {
  control = yes;
  byId("ui-term-keys").querySelector('[data-key="ctrl"]').setAttribute("aria-pressed", String(yes));
}

const CURSOR = { up: "A", down: "B", right: "C", left: "D" };

function sequence(name) {
  if (name in CURSOR) return `\u001b${current().screen.term.modes.applicationCursorKeysMode ? "O" : "["}${CURSOR[name]}`;
  return { esc: "\u001b", tab: "\t", "ctrl-c": "\u0003" }[name] ?? name;
}

export function startKeyboard() {
  byId("ui-term-keys").addEventListener("click", (event) => {
    const name = event.target.closest("[data-key]")?.dataset.key;
    if (!name || !current()) return;
    if (name === "ctrl") hold(!control);
    else current().screen.term.input(sequence(name), true);
    focus();
  });
  byId("ui-term-keys").addEventListener("pointerdown", (event) => event.preventDefault()); // the phone's keyboard stays
}
