// The clipboard.
import { announce, el, icon } from "./dom.js";
import { notify } from "./notices.js";

const SAID_MS = 2000;

/** A pressed button says itself that it is done: a notice would lie over what was copied.
 * @param {string} text
 * @param {string} what as the notice calls it
 * @param {EventTarget | null} [pressed] */
export async function copyText(text, what, pressed) {
  const done = await writeClipboard(text);
  if (!done) notify("bad", "The browser did not allow copying.", "Select the text and press Ctrl+C.");
  else if (pressed instanceof HTMLElement && pressed.querySelector("span")) sayThere(pressed, what);
  else notify("ok", `${what} copied.`);
}

/** @param {HTMLElement} pressed with an icon and a word
 * @param {string} what */
function sayThere(pressed, what) {
  announce(`${what} copied.`);
  if (pressed.dataset.said) return;
  pressed.dataset.said = "true";
  pressed.style.minWidth = `${pressed.offsetWidth}px`; // nothing beside it moves
  const before = [...pressed.childNodes];
  pressed.replaceChildren(icon("pass"), el("span", {}, pressed.textContent?.trim() ? "Copied" : ""));
  setTimeout(() => {
    pressed.replaceChildren(...before);
    pressed.style.minWidth = "";
    delete pressed.dataset.said;
  }, SAID_MS);
}

/** @param {string} text */
async function writeClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // without https the clipboard API is only there on localhost
  }
}

/** Nothing beside an open dialog can be selected. The focus stays where it was.
 * @param {string} text */
function copyBySelection(text) {
  const before = document.activeElement;
  const area = el("textarea.visually-hidden", { "aria-hidden": "true" });
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus();
  return done;
}
