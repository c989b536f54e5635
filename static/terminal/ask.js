// A question that must be answered before anything happens: a dialog with the facts and two buttons.
import { button, el, setContent } from "../js/dom.js";

/** @typedef {(question: {title: string, text: string, facts?: string, yes: string}) => Promise<boolean>} Ask */

/** ask({title, text, facts, yes}) -> whether it was agreed to. facts: shown as they are, in full.
 * @param {HTMLDialogElement} box
 * @returns {Ask} */
export const askIn = (box) => function ask({ title, text, facts = "", yes }) {
  return new Promise((/** @type {(agreed: boolean) => void} */ answer) => {
    const agreed = button(yes, "pass", () => box.close("yes"), ".primary");
    setContent(box, el("h2", { id: box.getAttribute("aria-labelledby") }, title), el("p", {}, text),
      facts ? el("pre.code", { tabindex: 0, "aria-label": "What it is about" }, facts) : null,
      el("div.panel-buttons", {}, agreed, button("Cancel", "close", () => box.close(""), ".quiet")));
    box.returnValue = "";
    box.addEventListener("close", () => answer(box.returnValue === "yes"), { once: true });
    box.showModal();
    agreed.focus();
  });
};
