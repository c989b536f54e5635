// All charts: made when the device has something to show, drawn when something is new and seen.
import { byId, setContent } from "../js/dom.js";
import { Chart } from "./chart.js";
import { onTheme } from "./colours.js";
import { on, store } from "./store.js";
import { onView, view } from "./view.js";

const charts = new Map();
let shape = "";
let asked = false;

export function startCharts() {
  on("about", build);
  on("fresh", () => { shape = ""; });
  on("samples", () => view.follow && drawSoon());
  onView(drawSoon);
  onTheme(() => { shape = ""; build(); });
  build();
}

function build() {
  const next = JSON.stringify(store.about.charts);
  if (next === shape) return drawSoon();
  shape = next;
  const ids = store.about.charts.map(({ id }) => id);
  for (const id of charts.keys()) if (!ids.includes(id)) charts.delete(id);
  for (const about of store.about.charts) if (!charts.has(about.id)) charts.set(about.id, new Chart(about));
  const nodes = ids.map((id) => charts.get(id).node);
  const box = byId("ui-charts");
  if (nodes.length !== box.children.length || nodes.some((node, i) => node !== box.children[i])) setContent(box, nodes);
  byId("ui-charts-empty").hidden = nodes.length > 0;
  for (const about of store.about.charts) charts.get(about.id).build(about);
}

/** At most once a frame, however much arrives. */
function drawSoon() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    for (const chart of charts.values()) chart.draw();
  });
}
