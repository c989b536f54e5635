// A question that must be answered before anything happens: a dialog with the facts and two buttons.
import { button, el, setContent } from "../js/dom.js";

/** @typedef {(question: {title: string, text: string, facts?: string, yes: string}) => Promise<boolean>} Ask */

/** ask({title, text, facts, yes}) -> whether it was agreed to. facts: shown as they are, in full.
 * @param {HTMLDialogElement} box
 * @returns {Ask} */
export function askIn(box) {
  /** Of the newest question.
   * @type {(agreed: boolean) => void} */
  let answer = () => {};

  /** @param {boolean} agreed */
  function settle(agreed) {
    answer(agreed);
    box.close();
  }

  // Escape. A browser tells of a closing late: by then the next question may stand here, unanswered.
  box.addEventListener("close", () => box.open || answer(false));
  return function ask({ title, text, facts = "", yes }) {
    answer(false);
    return new Promise((/** @type {(agreed: boolean) => void} */ settled) => {
      answer = settled;
      const agreed = button(yes, "pass", () => settle(true), ".primary");
      setContent(box, el("h2", { id: box.getAttribute("aria-labelledby") }, title), el("p", {}, text),
        facts ? el("pre.code", { tabindex: 0, "aria-label": "What it is about" }, facts) : null,
        el("div.panel-buttons", {}, agreed, button("Cancel", "close", () => settle(false), ".quiet")));
      if (!box.open) box.showModal();
      agreed.focus();
    });
  };
}
