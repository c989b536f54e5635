// The keyboard: "/" searches, j and k (on a row the arrows too) go through the rows, r runs the row in focus, Escape
// leaves the search and closes the panel beside the list.
import { part, typing } from "../js/dom.js";

/** The keys of the page, for the board on it.
 * @param {ParentNode} root
 * @param {Rows} rows
 * @param {{clearFilter(): void}} filter */
export function startKeys(root, rows, filter) {
  /** @type {Record<string, () => void>} */
  const KEYS = {
    "/": () => {
      part(root, "search").focus();
      part(root, "search").select();
    },
    j: () => move(1),
    k: () => move(-1),
    r: () => {
      const row = here();
      if (row?.dataset.row) rows.press(row.dataset.row);
    },
  };
  /** @type {Record<string, () => void>} */
  const ARROWS = { ArrowDown: KEYS.j, ArrowUp: KEYS.k };

  /** @param {KeyboardEvent} event */
  function inSearch(event) {
    if (event.key === "Escape") {
      filter.clearFilter();
      part(root, "search").blur();
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      visibleRows()[0]?.querySelector("summary")?.focus();
    }
  }

  /** The row that the keyboard is at: the one in focus, else the one in the panel.
   * @returns {HTMLElement | null} */
  const here = () => rows.allRows().find((row) => row.contains(document.activeElement)) ?? rows.side.current();
  const visibleRows = () => rows.allRows().filter((row) => !row.hidden);

  /** To the next row; the panel, where it is open, goes along.
   * @param {number} by */
  function move(by) {
    const visible = visibleRows();
    const at = visible.indexOf(/** @type {HTMLElement} */ (here()));
    const next = visible[at < 0 ? (by > 0 ? 0 : visible.length - 1) : at + by];
    if (next && rows.side.current()) rows.side.open(next);
    next?.querySelector("summary")?.focus();
  }

  /** @param {EventTarget | null} node */
  const onRow = (node) => node instanceof Element && node.matches(".row > details > summary");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target === part(root, "search")) return inSearch(event);
    if (typing(event.target)) return;
    if (event.key === "Escape") return rows.side.close();
    const action = KEYS[event.key] ?? (onRow(event.target) ? ARROWS[event.key] : null);
    if (!action) return;
    event.preventDefault();
    action();
  });
}
