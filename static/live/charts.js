// All charts of a board: made when it has something to show, drawn when something is new and seen.
import { part, setContent } from "../js/dom.js";
import { Chart } from "./chart.js";
import { onTheme } from "./colours.js";

/** @param {ParentNode} root
 * @param {{bay: string, store: import("./store.js").Store, view: import("./view.js").View}} board */
export function mountCharts(root, board) {
  const { store, view } = board;
  /** @type {Map<string, Chart>} */
  const charts = new Map();
  let shape = "";
  /** @type {Set<Chart>} */
  const waiting = new Set();
  let asked = false;

  function build() {
    const next = JSON.stringify(store.about.charts);
    if (next === shape) return drawSoon();
    shape = next;
    const ids = store.about.charts.map(({ id }) => id);
    for (const id of charts.keys()) if (!ids.includes(id)) charts.delete(id);
    for (const about of store.about.charts) {
      if (!charts.has(about.id)) charts.set(about.id, new Chart(about, board, soon));
    }
    const nodes = ids.map((id) => /** @type {Chart} */ (charts.get(id)).node);
    const box = part(root, "charts");
    const same = nodes.length === box.children.length && nodes.every((node, i) => node === box.children[i]);
    if (!same) setContent(box, nodes);
    part(root, "charts-empty").hidden = nodes.length > 0;
    for (const about of store.about.charts) charts.get(about.id)?.build(about);
    drawSoon();
  }

  /** However much arrives, those in sight are drawn once; each for the first time. */
  const drawSoon = () => charts.forEach(soon);

  /** @param {Chart} chart */
  function soon(chart) {
    waiting.add(chart);
    if (!asked) requestAnimationFrame(drawSome);
    asked = true;
  }

  /** A plot is made in a frame of its own, so that the page answers meanwhile. */
  function drawSome() {
    for (const chart of waiting) {
      waiting.delete(chart);
      const first = !chart.plot;
      if ((chart.seen || first) && chart.node.isConnected) chart.draw();
      if (first) break;
    }
    asked = waiting.size > 0;
    if (asked) requestAnimationFrame(drawSome);
  }

  store.on("about", build);
  store.on("fresh", () => { shape = ""; });
  store.on("samples", () => view.follow && drawSoon());
  view.on(drawSoon);
  for (const event of ["beforeprint", "afterprint"]) {
    addEventListener(event, () => charts.forEach((chart) => chart.print(event === "beforeprint")));
  }
  onTheme(() => {
    shape = "";
    build();
    for (const chart of charts.values()) chart.draw(); // paper does not wait
  });
  build();
}
