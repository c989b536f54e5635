// A dialog over the page: it has a name, closes by Escape, by its button and by a click beside it, and gives
// the focus back.
import { button, el } from "../js/dom.js";
import { stylesheet } from "./style.js";

/** @param {string} title
 * @param {Node[]} content
 * @param {string} [extra] a class
 * @returns {Promise<HTMLDialogElement>} once it is open */
export async function openDialog(title, content, extra = "") {
  await stylesheet();
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const close = () => box.close();
  const box = el(`dialog.sheet${extra}`, { "aria-label": title },
    el("div.sheet-head", {}, el("h2", {}, title), button("", "close", close, ".quiet", { "aria-label": "Close" })), ...content);
  box.addEventListener("click", (event) => { if (event.target === box) close(); });
  box.addEventListener("close", () => { box.remove(); before?.focus(); });
  document.body.append(box);
  box.showModal();
  return box;
}
