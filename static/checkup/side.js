// On a wide screen the opened row's details stand beside the list (result.css), one row at a time.
import { layOutAll } from "./columns.js";
import { all, part } from "../js/dom.js";

const WIDE = "(min-width: 75rem)"; // as in layout.css

/** build: fills the body of a row before it is shown.
 * @param {Root} root
 * @param {(row: HTMLElement) => void} build */
export function mountSide(root, build) {
  const wide = matchMedia(WIDE);
  const main = part(root, "main");
  const box = part(root, "categories");
  /** @param {HTMLElement} row */
  const detailsOf = (row) => /** @type {HTMLDetailsElement} */ (row.firstElementChild);
  const opened = () => all(box, "[data-row]").filter((row) => detailsOf(row).open);
  const current = () => (wide.matches ? opened()[0] ?? null : null);

  /** Open a row. It stays where it is on the screen, though the list beside the panel is narrower.
   * @param {HTMLElement} row */
  function open(row) {
    if (!wide.matches) {
      detailsOf(row).open = true;
      return;
    }
    layOutAll(box);
    const before = row.getBoundingClientRect().top;
    build(row);
    for (const other of opened()) detailsOf(other).open = other === row;
    detailsOf(row).open = true;
    settle();
    scrollBy(0, row.getBoundingClientRect().top - before);
  }

  function close() {
    const row = current();
    if (!row) return;
    layOutAll(box);
    const before = row.getBoundingClientRect().top;
    detailsOf(row).open = false;
    settle();
    scrollBy(0, row.getBoundingClientRect().top - before);
    row.querySelector("summary")?.focus({ preventScroll: true });
  }

  /** @param {HTMLElement | null} [newest] */
  function settle(newest = null) {
    const rows = opened();
    if (wide.matches) for (const row of rows) if (newest && row !== newest) detailsOf(row).open = false;
    const beside = wide.matches && rows.length > 0;
    if (beside === main.hasAttribute("data-side")) return;
    main.toggleAttribute("data-side", beside);
    box.dispatchEvent(new Event("side"));
  }

  box.addEventListener("click", (event) => {
    const summary = /** @type {Element} */ (event.target).closest(".row > details > summary");
    const row = /** @type {HTMLElement | null | undefined} */ (summary?.closest("[data-row]"));
    if (!row || !wide.matches) return;
    event.preventDefault();
    if (detailsOf(row).open) close();
    else open(row);
  });
  box.addEventListener("toggle", (event) => {
    const details = /** @type {HTMLDetailsElement} */ (event.target);
    const row = details.parentElement;
    if (row?.matches("[data-row]")) settle(details.open ? row : null);
  }, true);
  wide.addEventListener("change", () => settle(opened().at(-1) ?? null));
  settle(); // a row may have come open
  return { open, close, current };
}
