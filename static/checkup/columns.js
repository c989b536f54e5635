// The page comes with two columns. Where a screen has room for more, moves the categories into as many, as the
// server split them (columns.py). Unlike with CSS columns nothing moves aside when a row is opened.

const WIDTH = 36; // rem for a column; two of them: layout.css

export function startColumns(box) {
  const sections = [...box.querySelectorAll(".category")];
  for (const section of sections) section.style.setProperty("--rows", section.dataset.rows);
  const splits = JSON.parse(box.dataset.columns);
  let columns = 2;
  const rooms = Object.keys(splits).map(Number).filter((count) => count > 2)
    .map((count) => ({ count, room: matchMedia(`(min-width: ${count * WIDTH}rem)`) }));
  const fit = () => {
    const next = rooms.reduce((most, { count, room }) => (room.matches ? count : most), 2);
    if (next === columns) return;
    columns = next;
    place(box, splits[columns].map((run) => run.map((index) => sections[index])));
  };
  for (const { room } of rooms) room.addEventListener("change", fit);
  fit();
}

/** Lets what waited for the first paint into the page, a category a frame. */
export function letIn(box) {
  const waiting = [...box.querySelectorAll(".category:nth-child(n + 2)")];
  const next = () => {
    const section = waiting.shift();
    if (!section) return box.removeAttribute("data-first");
    section.dataset.in = "";
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}

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
