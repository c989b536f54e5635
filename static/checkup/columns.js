// The page comes with two columns. Where a screen has room for more, moves the categories into as many, as the
// server split them (columns.py). Unlike with CSS columns nothing moves aside when a row is opened.
import { all } from "../js/dom.js";

const WIDTH = 36; // rem for a column; two of them: layout.css

/** @param {HTMLElement} box */
export function startColumns(box) {
  const sections = all(box, ".category");
  /** @type {Record<string, number[][]>} */
  const splits = JSON.parse(box.dataset.columns ?? "{}");
  let columns = 2;
  const rooms = Object.keys(splits).map(Number).filter((count) => count > 2)
    .map((count) => ({ count, room: matchMedia(`(min-width: ${count * WIDTH}rem)`) }));
  const fit = () => {
    const most = rooms.reduce((found, { count, room }) => (room.matches ? count : found), 2);
    const next = Math.max(2, most - (box.closest("[data-side]") ? 1 : 0)); // one's place is the panel's (side.js)
    if (next === columns) return;
    columns = next;
    place(box, splits[columns].map((run) => run.map((index) => sections[index])));
  };
  for (const { room } of rooms) room.addEventListener("change", fit);
  box.addEventListener("side", fit);
  fit();
}

/** Lets what waited for the first paint into the page, a category a frame.
 * @param {HTMLElement} box */
export function letIn(box) {
  const waiting = box.hasAttribute("data-first") ? all(box, ".category:nth-child(n + 2)") : [];
  const next = () => {
    const section = waiting.shift();
    if (!section) return box.removeAttribute("data-first");
    section.dataset.in = "";
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}

/** @param {HTMLElement} box
 * @param {HTMLElement[][]} runs */
function place(box, runs) {
  const focused = box.contains(document.activeElement) ? document.activeElement : null;
  box.replaceChildren(...runs.map((sections) => {
    const column = document.createElement("div");
    column.className = "column";
    column.append(...sections);
    return column;
  }));
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
}

/** Lay out all rows for a moment: the heights of what was never in sight are guesses, and one wants an exact place.
 * @param {Element} box */
export function layOutAll(box) {
  box.removeAttribute("data-first");
  box.classList.add("whole");
  requestAnimationFrame(() => requestAnimationFrame(() => box.classList.remove("whole")));
}
