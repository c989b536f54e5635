// The keyboard: "/" searches, j and k go through the rows, r runs the row in focus, Escape leaves the search.
import { byId } from "../js/dom.js";
import { clearFilter } from "./filter.js";
import { allRows, press } from "./rows.js";

const typing = (node) => node instanceof HTMLElement && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

const KEYS = {
  "/": () => {
    byId("ui-search").focus();
    byId("ui-search").select();
  },
  j: () => move(1),
  k: () => move(-1),
  r: () => {
    /** @type {HTMLElement | null | undefined} */
    const row = document.activeElement?.closest("[data-row]");
    if (row) press(row.dataset.row);
  },
};

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === byId("ui-search")) return inSearch(event);
    const action = typing(event.target) ? null : KEYS[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function inSearch(event) {
  if (event.key === "Escape") {
    clearFilter();
    event.target.blur();
  } else if (event.key === "Enter" || event.key === "ArrowDown") {
    event.preventDefault();
    visibleRows()[0]?.querySelector("summary")?.focus();
  }
}

const visibleRows = () => allRows().filter((row) => !row.hidden);

function move(by) {
  const rows = visibleRows();
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
  next?.querySelector("summary")?.focus();
}
