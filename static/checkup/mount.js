// One board on a page: its verdict, findings, filter and rows, on the element that holds them. Two may stand on one
// page, each with a state of its own.
import { addressOf } from "../js/dom.js";
import { mountBoard } from "./board.js";
import { mountFilter } from "./filter.js";
import { mountRows } from "./rows.js";

/** @param {Root} root
 * @param {Board} state */
export function mount(root, state) {
  const rows = mountRows(root, state);
  mountBoard(root, state);
  const filter = mountFilter(root, state, rows);
  /** @param {string} id */
  const show = (id) => {
    const row = rows.rowOf(id);
    if (row?.hidden) filter.clearFilter();
    if (row) rows.reveal(id);
    return Boolean(row);
  };
  root.addEventListener("click", (event) => follow(event, show));
  return { ...rows, ...filter, show };
}

/** A link to a row of this board opens it here, and stays in the address.
 * @param {Event} event
 * @param {(id: string) => boolean} show */
function follow(event, show) {
  const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
  const id = link instanceof HTMLAnchorElement ? decodeURIComponent(link.hash.slice(1)) : "";
  if (!show(id)) return;
  event.preventDefault();
  if (`#${id}` !== location.hash) history.pushState(null, "", addressOf(id));
}
