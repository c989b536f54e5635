// The tools at the top: interval, markers, CSV.
import { asCsv } from "../js/csv.js";
import { announce, el, icon, part, setContent, slot } from "../js/dom.js";
import { clock } from "../js/format.js";
import { guarded } from "../js/notices.js";
import { download } from "./chart.js";

/** @typedef {{api: ApiOfBay, bay: string, store: import("./store.js").Store,
 *   view: import("./view.js").View}} LiveBoard */

/** What is shown as a table for other programs: a gap is a row that says so.
 * @param {LiveBoard} board */
function csv({ store, view }) {
  const [from, to] = view.range();
  const [first, last] = [store.placeOf(from), store.placeOf(to + 0.001)];
  const series = store.about.charts.flatMap((chart) => chart.series.map((each) =>
    [`${chart.title}: ${each.label}${chart.unit ? ` (${chart.unit})` : ""}`, store.values.get(each.key) ?? []]));
  const counters = store.about.counters.map((each) => [each.label, store.counts.get(each.key) ?? []]);
  const columns = [...series, ...counters];
  const gaps = new Map(store.gaps.map((gap) => [gap.at, gap.why]));
  const marks = store.about.markers;
  /** @type {unknown[][]} */
  const lines = [["Time", ...columns.map(([name]) => name), "Note"]];
  for (let i = first; i < last; i += 1) {
    const next = store.at[i + 1] ?? Infinity;
    const here = marks.filter(({ at }) => at / 1000 >= store.at[i] && at / 1000 < next);
    const notes = [gaps.get(store.at[i]), ...here.map(({ note }) => note)];
    lines.push([new Date(store.at[i] * 1000).toISOString(), ...columns.map(([, column]) => column[i] ?? ""), notes.filter(Boolean).join("; ")]);
  }
  return asCsv(lines);
}

/** @param {ParentNode} root
 * @param {LiveBoard} board
 * @param {Board} link */
export function mountTools(root, board, link) {
  const { api, store, view } = board;

  function render() {
    const { state, why, interval_s: interval, device } = store.about;
    const words = {
      on: `Sampling ${device?.label ?? "the device"} every ${interval} s`,
      waiting: why || "Waiting for the device.",
      off: "Starting.",
    };
    const box = part(root, "live-state");
    box.dataset.tone = link.online ? { on: "ok", waiting: "bad", off: "off" }[state] : "off";
    setContent(box, icon(link.online && state === "on" ? "active" : "unlink"), link.online ? words[state] : "This page is not live.");
    const pick = part(root, "interval");
    if (document.activeElement !== pick) pick.value = String(interval);
    renderMarkers();
  }

  /** @param {SubmitEvent} event */
  async function mark(event) {
    event.preventDefault();
    const field = /** @type {Fields} */ (part(root, "marker").elements).note;
    if (await guarded(event.submitter, () => api.liveMarker(field.value.trim() || "Marked"))) field.value = "";
  }

  function renderMarkers() {
    const box = part(root, "markers");
    const { markers } = store.about;
    const known = slot(box, "list").children.length;
    box.hidden = !markers.length;
    if (known === markers.length) return;
    if (known && markers.length > known) announce(`Marker: ${markers.at(-1)?.note}`);
    setContent(slot(box, "list"), [...markers].reverse().map(({ at, note }) => el("li", {},
      el("button.button.quiet.small", { type: "button", onclick: () => view.zoom(at / 1000 - 15, at / 1000 + 15) },
        icon("search"), el("span", {}, clock(new Date(at).toISOString()))), el("span", {}, note))));
  }

  part(root, "interval").addEventListener("change", (event) =>
    guarded(event.target, () => api.liveInterval(Number(part(root, "interval").value))));
  part(root, "marker").addEventListener("submit", mark);
  part(root, "csv").addEventListener("click", () => download(store, new Blob([csv(board)], { type: "text/csv" }), "samples.csv"));
  store.on("about", render);
  link.on("stream", render);
  render();
}
