// The clipboard.
import { el } from "./dom.js";
import { notify } from "./notices.js";

/** @param {string} text
 * @param {string} what as the notice calls it */
export async function copyText(text, what) {
  const done = await writeClipboard(text);
  if (done) notify("ok", `${what} copied.`);
  else notify("bad", "The browser did not allow copying.", "Select the text and press Ctrl+C.");
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

/** @param {string} text */
function copyBySelection(text) {
  const area = el("textarea.visually-hidden", { "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
