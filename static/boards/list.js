// The list of boards: while somebody types, only what has the words stays.
import { setText, slot } from "../js/dom.js";

/** @param {Element} root */
export function mountList(root) {
  const items = [.../** @type {Iterable<HTMLElement>} */ (slot(root, "list").children)];
  const field = slot(root, "search");
  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items) item.hidden = !words.every((word) => item.dataset.words?.includes(word));
    const left = items.filter((item) => !item.hidden).length;
    slot(root, "none").hidden = left > 0 || !items.length;
    setText(slot(root, "count"), `${left} of ${items.length} ${items.length === 1 ? "board" : "boards"}, the one seen last first.`);
  };
  field.addEventListener("input", show);
  if (field.value) show(); // typed before this script was there
}
