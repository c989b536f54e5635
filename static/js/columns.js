// Puts the categories into as many columns as fit, in reading order and of about the same number of rows.
// Unlike CSS columns nothing moves to another column when a row is opened.

const MIN_WIDTH = 560;
const HEAD = 1.2; // a category's heading weighs as much as this many rows

export function startColumns(box) {
  const sections = [...box.children];
  let columns = 0;
  const fit = () => {
    const next = Math.max(1, Math.min(sections.length, Math.floor(box.clientWidth / MIN_WIDTH)));
    if (next === columns) return;
    columns = next;
    place(box, sections, columns);
  };
  new ResizeObserver(fit).observe(box);
  fit();
}

function place(box, sections, count) {
  const focused = box.contains(document.activeElement) ? document.activeElement : null;
  const weights = sections.map((section) => Number(section.dataset.rows) + HEAD);
  const columns = split(weights, count).map((indexes) => {
    const column = document.createElement("div");
    column.className = "column";
    column.append(...indexes.map((index) => sections[index]));
    return column;
  });
  box.classList.add("in-columns");
  box.replaceChildren(...columns);
  focused?.focus({ preventScroll: true });
}

/** Indexes of the items, cut in order into `count` runs whose heaviest is as light as can be. */
function split(weights, count) {
  let low = Math.max(...weights);
  let high = weights.reduce((sum, weight) => sum + weight, 0);
  while (high - low > 0.1) {
    const middle = (low + high) / 2;
    if (fill(weights, middle).length <= count) high = middle;
    else low = middle;
  }
  const runs = fill(weights, high);
  while (runs.length < count) runs.push([]);
  return runs;
}

function fill(weights, most) {
  const runs = [[]];
  let sum = 0;
  weights.forEach((weight, index) => {
    if (sum && sum + weight > most + 0.01) {
      runs.push([]);
      sum = 0;
    }
    runs.at(-1).push(index);
    sum += weight;
  });
  return runs;
}
