// On a wide screen the opened row's details stand beside the list (result.css), one row at a time.
import { layOutAll } from "./columns.js";
import { part } from "../js/dom.js";

const WIDE = "(min-width: 75rem)"; // as in layout.css

/** build: fills the body of a row before it is shown.
 * @param {ParentNode & EventTarget} root
 * @param {(row: HTMLElement) => void} build */
export function mountSide(root, build) {
  const wide = matchMedia(WIDE);
  const main = part(root, "main");
  const box = part(root, "categories");
  /** @returns {any[]} */
  const opened = () => [...box.querySelectorAll("[data-row]")].filter((row) => row.firstElementChild.open);
  const current = () => (wide.matches ? opened()[0] ?? null : null);

  /** Open a row. It stays where it is on the screen, though the list beside the panel is narrower. */
  function open(row) {
    if (!wide.matches) {
      row.firstElementChild.open = true;
      return;
    }
    layOutAll(box);
    const before = row.getBoundingClientRect().top;
    build(row);
    for (const other of opened()) other.firstElementChild.open = other === row;
    row.firstElementChild.open = true;
    settle();
    scrollBy(0, row.getBoundingClientRect().top - before);
  }

  function close() {
    const row = current();
    if (!row) return;
    layOutAll(box);
    const before = row.getBoundingClientRect().top;
    row.firstElementChild.open = false;
    settle();
    scrollBy(0, row.getBoundingClientRect().top - before);
    row.querySelector("summary").focus({ preventScroll: true });
  }

  function settle(newest = null) {
    const rows = opened();
    if (wide.matches) for (const row of rows) if (newest && row !== newest) row.firstElementChild.open = false;
    const beside = wide.matches && rows.length > 0;
    if (beside === main.hasAttribute("data-side")) return;
    main.toggleAttribute("data-side", beside);
    box.dispatchEvent(new Event("side"));
  }

  box.addEventListener("click", (event) => {
    const summary = event.target.closest(".row > details > summary");
    if (!summary || !wide.matches) return;
    event.preventDefault();
    const row = summary.closest("[data-row]");
    if (row.firstElementChild.open) close();
    else open(row);
  });
  box.addEventListener("toggle", (event) => {
    const row = event.target.parentElement;
    if (row.matches("[data-row]")) settle(event.target.open ? row : null);
  }, true);
  wide.addEventListener("change", () => settle(opened().at(-1)));
  return { open, close, current };
}
