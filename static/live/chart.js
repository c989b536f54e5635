// One chart: uPlot on a canvas. Below it every line's name and value; folded, a table with low, mean and high.
import { el, icon, setContent, setText } from "../js/dom.js";
import { colour, lineColour, lineDash } from "./colours.js";
import { inName, saveAs, stamp } from "../js/file.js";
import { span } from "../js/format.js";
import { scale } from "./scale.js";

/** @typedef {Api["Live"]["charts"][number]} About */
/** @typedef {import("./store.js").Store} Store */

const LOST = "lost"; // the code of a gap that is the link's fault
const ON_PAPER = { width: 680, height: 166 }; // A4 and Letter, upright; the height is that of print.css

export class Chart {
  /** board: whose samples, and which stretch of them is shown. soon: has a chart drawn that is in sight.
   * @param {About} about
   * @param {{bay: string, store: import("./store.js").Store, view: import("./view.js").View}} board
   * @param {(chart: Chart) => void} soon */
  constructor(about, { bay, store, view }, soon) {
    this.bay = bay;
    this.store = store;
    this.view = view;
    this.about = about;
    /** @type {Set<string>} */
    this.hidden = new Set();
    /** @type {UPlotChart | null} */
    this.plot = null;
    /** @type {number | null} */
    this.cursor = null;
    this.seen = false;
    this.printing = false;
    /** @type {{row: HTMLElement, cells: HTMLElement[], toggle: HTMLElement, now: HTMLElement}[]} */
    this.cells = [];
    /** @type {About["series"][number]["limits"]} */
    this.limits = [];
    this.box = el("div.chart-plot");
    this.rest = el("span.hint");
    this.gap = el("p.hint.chart-gap");
    this.rows = el("tbody");
    this.when = el("span.chart-when", {}, "Now");
    this.names = el("div.chart-names", { role: "group", "aria-label": `${about.title}: lines` });
    this.more = el("details.chart-more", {}, el("summary", {}, "Low, mean, high"));
    const head = el("tr", {}, ...[about.unit ? `In ${about.unit}` : "Step", "Low", "Mean", "High"]
      .map((word) => el("th", { scope: "col" }, word)));
    this.more.append(el("div.chart-table", { tabindex: 0, role: "group", "aria-label": `${about.title}: values` },
      el("table", {}, el("thead", {}, head), this.rows)));
    this.more.addEventListener("toggle", () => this.plot && this.fillTable());
    const save = el("button.button.quiet.small", { type: "button", onclick: () => this.savePicture(), title: "Save as picture",
      "aria-label": `Save “${about.title}” as a picture` }, icon("save"), el("span", {}, "PNG"));
    this.node = el("section.sheet.chart", { "data-chart": about.id, "aria-label": about.title },
      el("div.chart-head", {}, el("h2", {}, about.title, about.unit ? el("span.unit", {}, ` ${about.unit}`) : null, this.rest), save),
      this.box, this.gap, el("div.chart-legend", {}, this.when, this.names), this.more);
    new ResizeObserver(() => this.resize()).observe(this.box);
    new IntersectionObserver(([entry]) => {
      this.seen = entry.isIntersecting;
      if (this.seen) soon(this);
    }, { rootMargin: "200px" }).observe(this.node);
  }

  /** New series or another theme: the plot is made again, when it is drawn next.
   * @param {About} about */
  build(about) {
    this.about = about;
    setText(this.rest, about.left_out ? ` ${about.left_out} more are not shown` : "");
    this.plot?.destroy();
    this.plot = null;
    this.limits = [...new Map(about.series.flatMap((each) => each.limits).map((limit) =>
      [`${limit.value}${limit.verdict}`, limit])).values()];
    this.buildRows();
  }

  /** The plot, with what there is to draw. */
  makePlot() {
    const [ink, grid] = [colour("--text-soft"), colour("--line")];
    const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: "12px system-ui, sans-serif" };
    this.plot = new uPlot({
      ...(this.printing ? ON_PAPER : { width: this.box.clientWidth || 400, height: this.box.clientHeight }),
      padding: [8, 26, 0, 0], // right: half a time of day
      legend: { show: false },
      cursor: { sync: { key: `live ${this.bay}` }, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
      scales: {
        x: { time: true, auto: false, range: () => this.view.range() },
        y: { range: (u, low, high) => this.yRange(low, high) },
      },
      axes: [{ ...axis, size: 30, space: 84, values: (u, ticks) => ticks.map(wallClock) }, { ...axis, size: 52 }],
      series: [{}, ...this.about.series.map((each, index) => ({
        label: each.label, stroke: lineColour(index), dash: lineDash(index), width: index === 0 ? 2 : 1.4,
        show: !this.hidden.has(each.key), points: { show: false }, spanGaps: false,
      }))],
      hooks: {
        drawClear: [(u) => this.drawGaps(u)],
        draw: [(u) => this.drawLimits(u), (u) => this.drawMarkers(u)],
        setCursor: [(u) => this.point(u)],
        setSelect: [(u) => this.select(u)],
        ready: [(u) => u.over.addEventListener("dblclick", () => this.view.resume())],
      },
    }, this.data(), this.box);
  }

  buildRows() {
    this.cells = this.about.series.map((each, index) => {
      const key = el("span.chart-key", { "data-line": index });
      key.style.borderTopColor = lineColour(index);
      key.style.borderTopStyle = lineDash(index).length ? "dashed" : "solid";
      const toggle = el("button.chart-name", { type: "button", "aria-pressed": String(!this.hidden.has(each.key)),
        onclick: () => this.toggle(each.key) }, key, el("span", {}, each.label));
      const now = el("span.chart-now");
      toggle.append(now);
      const cells = [0, 1, 2].map(() => el("td"));
      return { row: el("tr", {}, el("th", { scope: "row" }, each.label), ...cells), cells, toggle, now };
    });
    setContent(this.names, this.cells.map(({ toggle }) => toggle));
    setContent(this.rows, this.cells.map(({ row }) => row));
  }

  /** @param {string} key */
  toggle(key) {
    if (!this.hidden.delete(key)) this.hidden.add(key);
    this.about.series.forEach((each, index) => {
      this.plot?.setSeries(index + 1, { show: !this.hidden.has(each.key) });
      this.cells[index].toggle.setAttribute("aria-pressed", String(!this.hidden.has(each.key)));
    });
  }

  data() {
    const { at, values } = this.store;
    return [at, ...this.about.series.map((each) => values.get(each.key) ?? new Array(at.length).fill(null))];
  }

  draw() {
    if (this.plot) this.plot.setData(this.data(), true);
    else this.makePlot();
    this.fillTable();
  }

  /** The scale of what is in sight.
   * @param {number | null} low
   * @param {number | null} high */
  yRange(low, high) {
    const seen = [low, high].filter((value) => typeof value === "number");
    return scale(this.about.most, seen, this.limits.map(({ value }) => value));
  }

  /** all: also what is folded. */
  fillTable(all = false) {
    const [from, to] = this.view.range();
    const [first, last] = [this.store.placeOf(from), this.store.placeOf(to + 0.001) - 1];
    const pointed = this.cursor !== null;
    const here = this.cursor ?? last;
    const at = this.store.at[here];
    setText(this.when, (pointed || !this.view.follow) && at ? wallClock(at) : "Now");
    /** @param {number | null} value */
    const shown = (value) => (value === null ? "–" : value.toFixed(this.about.decimals));
    this.about.series.forEach((each, index) => {
      const column = this.store.values.get(each.key) ?? [];
      setText(this.cells[index].now, shown(column[here] ?? null));
      if (!this.more.open && !all) return;
      const stats = statistics(column, first, last);
      [stats.low, stats.mean, stats.high].forEach((value, place) =>
        setText(this.cells[index].cells[place], shown(value)));
    });
  }

  /** @param {UPlotChart} u */
  point(u) {
    setText(this.gap, u.cursor.left >= 0 ? gapWords(this.store, u.posToVal(u.cursor.left, "x")) : "");
    const next = u.cursor.left >= 0 ? u.cursor.idx ?? null : null;
    if (next === this.cursor) return;
    this.cursor = next;
    if (this.seen && this.cells.length) this.fillTable();
  }

  /** @param {UPlotChart} u */
  select(u) {
    const { left, width } = u.select;
    if (width < 4) return;
    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.view.zoom(u.posToVal(left, "x"), u.posToVal(left + width, "x"));
  }

  /** @param {UPlotChart} u */
  drawGaps(u) {
    u.ctx.save();
    for (const gap of this.store.gaps) {
      u.ctx.fillStyle = gap.code === LOST ? colour("--fail-tint") : hatch(u.ctx);
      const end = this.store.endOf(gap) ?? this.view.range()[1];
      const [x, to] = [u.valToPos(Math.max(gap.at, u.scales.x.min), "x", true), u.valToPos(Math.min(end, u.scales.x.max), "x", true)];
      if (to > x) u.ctx.fillRect(x, u.bbox.top, to - x, u.bbox.height);
    }
    u.ctx.restore();
  }

  /** @param {UPlotChart} u */
  drawLimits(u) {
    for (const { value, verdict } of this.limits) {
      this.line(u, colour(`--${verdict}`), [8, 4], () => {
        const y = u.valToPos(value, "y", true);
        if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) return;
        u.ctx.moveTo(u.bbox.left, y);
        u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
      });
    }
  }

  /** @param {UPlotChart} u */
  drawMarkers(u) {
    const finding = this.view.moment === null ? [] : [{ at: this.view.moment * 1000, note: "finding" }];
    for (const { at, note = "" } of [...finding, ...this.store.about.markers]) {
      if (at / 1000 < u.scales.x.min || at / 1000 > u.scales.x.max) continue;
      this.line(u, colour("--accent"), [3, 3], () => {
        const x = u.valToPos(at / 1000, "x", true);
        u.ctx.moveTo(x, u.bbox.top);
        u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
        u.ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
        u.ctx.fillStyle = colour("--accent");
        u.ctx.fillText(note.slice(0, 24), x + 4 * devicePixelRatio, u.bbox.top + 11 * devicePixelRatio);
      });
    }
  }

  /** @param {UPlotChart} u
   * @param {string} stroke
   * @param {number[]} dash
   * @param {() => void} path */
  line(u, stroke, dash, path) {
    u.ctx.save();
    u.ctx.beginPath();
    u.ctx.strokeStyle = stroke;
    u.ctx.lineWidth = devicePixelRatio;
    u.ctx.setLineDash(dash.map((part) => part * devicePixelRatio));
    path();
    u.ctx.stroke();
    u.ctx.restore();
  }

  /** On paper each chart is drawn, in the width of a page; afterwards as it was.
   * @param {boolean} printing */
  print(printing) {
    this.printing = printing;
    if (!printing) return this.resize();
    this.plot?.setSize(ON_PAPER);
    this.draw();
  }

  resize() {
    if (this.printing) return;
    const width = this.box.clientWidth;
    const height = this.box.clientHeight;
    if (!this.plot || !width) return;
    if (Math.abs(width - this.plot.width) > 1 || height !== this.plot.height) this.plot.setSize({ width, height });
  }

  savePicture() {
    this.fillTable(true);
    if (!this.plot) return;
    const from = this.plot.ctx.canvas;
    const sheet = document.createElement("canvas");
    const line = 22 * devicePixelRatio;
    sheet.width = from.width;
    sheet.height = from.height + line * (2 + this.about.series.length);
    const pen = sheet.getContext("2d");
    if (!pen) return;
    pen.fillStyle = colour("--surface");
    pen.fillRect(0, 0, sheet.width, sheet.height);
    pen.drawImage(from, 0, line * 1.5);
    pen.font = `${14 * devicePixelRatio}px system-ui, sans-serif`;
    pen.fillStyle = colour("--text");
    pen.fillText(`${this.about.title} · ${this.store.about.device?.label ?? ""} · ${new Date().toLocaleString()}`, line / 2, line);
    this.about.series.forEach((each, index) => {
      const y = from.height + line * (index + 2.2);
      pen.fillStyle = lineColour(index);
      pen.fillRect(line / 2, y - line * 0.4, line, 3 * devicePixelRatio);
      pen.fillStyle = colour("--text");
      pen.fillText(`${each.label}: ${[this.cells[index].now, ...this.cells[index].cells].map((cell) => cell.textContent).join(" / ")} ${this.about.unit} (now / low / mean / high)`, line * 2, y);
    });
    sheet.toBlob((blob) => blob && download(this.store, blob, `${this.about.id}.png`));
  }
}

/** What a stretch without samples is drawn with where the link was not lost: nobody sampled.
 * @param {CanvasRenderingContext2D} pen */
function hatch(pen) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const ink = tile.getContext("2d");
  if (!ink) return "transparent";
  ink.strokeStyle = colour("--line");
  ink.lineWidth = 1.5;
  ink.moveTo(0, 8);
  ink.lineTo(8, 0);
  ink.stroke();
  return pen.createPattern(tile, "repeat") ?? "transparent";
}

/** The gap at this time, in words; "" where there are samples.
 * @param {import("./store.js").Store} store
 * @param {number} time */
function gapWords(store, time) {
  const gap = store.gaps.findLast((each) => each.at <= time);
  if (!gap) return "";
  const end = store.endOf(gap) ?? Infinity;
  if (time >= end) return "";
  const length = end === Infinity ? "" : ` ${span(Math.max(1, Math.round(end - gap.at)))}`;
  return `${gap.code === LOST ? "Link lost" : "Not sampled"}${length}: ${gap.why}`;
}

/** @param {number} seconds */
const wallClock = (seconds) => new Date(seconds * 1000).toTimeString().slice(0, 8); // Intl is slow at first

/** @param {(number | null)[]} column
 * @param {number} first
 * @param {number} last */
function statistics(column, first, last) {
  let [low, high, sum, count] = [Infinity, -Infinity, 0, 0];
  for (let i = Math.max(0, first); i <= last; i += 1) {
    const value = column[i];
    if (value === null || value === undefined) continue;
    if (value < low) low = value;
    if (value > high) high = value;
    sum += value;
    count += 1;
  }
  return count ? { low, high, mean: sum / count } : { low: null, high: null, mean: null };
}

/** Gives the browser a file of these samples.
 * @param {import("./store.js").Store} store
 * @param {Blob} blob
 * @param {string} ending */
export function download(store, blob, ending) {
  saveAs(blob, `v3-live-${inName(store.about.device?.label ?? "device")}-${stamp()}-${ending}`);
}
