// The tools at the top: interval, markers, CSV.
import { api } from "../js/api.js";
import { announce, byId, el, icon, setContent, slot } from "../js/dom.js";
import { clock } from "../js/format.js";
import { guarded } from "../js/notices.js";
import { download } from "./chart.js";
import { on, placeOf, store } from "./store.js";
import { range, zoom } from "./view.js";

export function startTools() {
  byId("ui-interval").addEventListener("change", (event) =>
    guarded(event.target, () => api.liveInterval(Number(event.target.value))));
  byId("ui-marker").addEventListener("submit", mark);
  byId("ui-csv").addEventListener("click", () => download(new Blob([csv()], { type: "text/csv" }), "samples.csv"));
  on("about", render);
  render();
}

function render() {
  const { state, why, interval_s: interval, device } = store.about;
  const words = {
    on: `Sampling ${device?.label ?? "the device"} every ${interval} s`,
    waiting: why || "Waiting for the device.",
    off: "Starting.",
  };
  const box = byId("ui-live-state");
  box.dataset.tone = { on: "ok", waiting: "bad", off: "off" }[state];
  setContent(box, icon(state === "on" ? "active" : "unlink"), words[state]);
  const pick = byId("ui-interval");
  if (document.activeElement !== pick) pick.value = String(interval);
  renderMarkers();
}

async function mark(event) {
  event.preventDefault();
  const field = event.target.elements.note;
  if (await guarded(event.submitter, () => api.liveMarker(field.value.trim() || "Marked"))) field.value = "";
}

function renderMarkers() {
  const box = byId("ui-markers");
  const { markers } = store.about;
  const known = slot(box, "list").children.length;
  box.hidden = !markers.length;
  if (known === markers.length) return;
  if (known && markers.length > known) announce(`Marker: ${markers.at(-1)?.note}`);
  setContent(slot(box, "list"), [...markers].reverse().map(({ at, note }) => el("li", {},
    el("button.button.quiet.small", { type: "button", onclick: () => zoom(at / 1000 - 15, at / 1000 + 15) },
      icon("search"), el("span", {}, clock(new Date(at).toISOString()))), el("span", {}, note))));
}

/** What is shown as a table for other programs: a gap is a row that says so. */
function csv() {
  const [from, to] = range();
  const [first, last] = [placeOf(from), placeOf(to + 0.001)];
  const series = store.about.charts.flatMap((chart) => chart.series.map((each) =>
    [`${chart.title}: ${each.label}${chart.unit ? ` (${chart.unit})` : ""}`, store.values.get(each.key) ?? []]));
  const counters = store.about.counters.map((each) => [each.label, store.counts.get(each.key) ?? []]);
  const columns = [...series, ...counters];
  const gaps = new Map(store.gaps.map((gap) => [gap.at, gap.why]));
  const marks = store.about.markers;
  /** @type {any[][]} */
  const lines = [["Time", ...columns.map(([name]) => name), "Note"]];
  for (let i = first; i < last; i += 1) {
    const next = store.at[i + 1] ?? Infinity;
    const notes = [gaps.get(store.at[i]), ...marks.filter(({ at }) => at / 1000 >= store.at[i] && at / 1000 < next).map(({ note }) => note)];
    lines.push([new Date(store.at[i] * 1000).toISOString(), ...columns.map(([, column]) => column[i] ?? ""), notes.filter(Boolean).join("; ")]);
  }
  return `\ufeff${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** A cell that no spreadsheet takes for a formula. */
function cell(value) {
  const text = String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
