// The keyboard: "/" searches, j and k go through the rows, r runs the row in focus, Escape leaves the search.
import { part } from "../js/dom.js";

const typing = (node) => node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

/** The keys of the page, for the board on it.
 * @param {ParentNode} root
 * @param {ReturnType<typeof import("./rows.js").mountRows>} rows
 * @param {{clearFilter(): void}} filter */
export function startKeys(root, rows, filter) {
  const KEYS = {
    "/": () => {
      part(root, "search").focus();
      part(root, "search").select();
    },
    j: () => move(1),
    k: () => move(-1),
    r: () => {
      /** @type {HTMLElement | null | undefined} */
      const row = document.activeElement?.closest("[data-row]");
      if (row) rows.press(row.dataset.row);
    },
  };

  function inSearch(event) {
    if (event.key === "Escape") {
      filter.clearFilter();
      event.target.blur();
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      visibleRows()[0]?.querySelector("summary")?.focus();
    }
  }

  const visibleRows = () => rows.allRows().filter((row) => !row.hidden);

  function move(by) {
    const rows = visibleRows();
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
    next?.querySelector("summary")?.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === part(root, "search")) return inSearch(event);
    const action = typing(event.target) ? null : KEYS[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
