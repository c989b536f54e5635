// The wiggle test: a full-screen panel of what changes while a person moves cables and connectors. A change
// of any counter, a lower minimum of the input voltage and a lost link light up and beep.
import { api } from "../api.js";
import { announce, byId, el, setContent, setText, slot } from "../dom.js";
import { copyText } from "../copy.js";
import { clock, plural } from "../format.js";
import { guarded } from "../notices.js";
import { beep, openSound } from "./beep.js";
import { on, store } from "./store.js";

const FAST_S = 0.5;
const LIT_MS = 2500;
const VOLTAGE = "voltage.";

let test = null; // {began, seen: place in store.at, gaps, base: {}, last: {}, least: {}, tiles: Map, events: [], interval}

export function startWiggle() {
  const panel = byId("ui-wiggle");
  byId("ui-wiggle-open").addEventListener("click", open);
  byId("ui-wiggle-end").addEventListener("click", end);
  byId("ui-wiggle-mark").addEventListener("click", (event) => guarded(event.currentTarget, () => api.liveMarker("Wiggle: marked")));
  byId("ui-wiggle-close").addEventListener("click", () => panel.close());
  byId("ui-wiggle-copy").addEventListener("click", () => copyText(slot(panel, "report").textContent, "Summary"));
  panel.addEventListener("cancel", (event) => { // Escape ends the test; it does not throw away what was found
    if (!test || test.over) return;
    event.preventDefault();
    end();
  });
  panel.addEventListener("close", restore);
  on("samples", () => test && !test.over && look());
  on("about", () => test && !test.over && build());
  on("fresh", () => test && !test.over && deviceChanged());
}

async function open() {
  const panel = byId("ui-wiggle");
  openSound();
  test = { began: Date.now(), at: store.at.at(-1) ?? 0, gaps: store.gaps.length, base: {}, last: {}, least: {}, tiles: new Map(),
    events: [], interval: store.about.interval_s, over: false, losses: 0, samples: 0 };
  slot(panel, "summary").hidden = true;
  slot(panel, "running").hidden = false;
  byId("ui-wiggle-end").hidden = false;
  panel.showModal();
  build();
  for (const { key } of store.about.counters) remember(key, latest(store.counts, key));
  look();
  if (test.interval > FAST_S) await api.liveInterval(FAST_S).catch(() => {});
}

const latest = (columns, key) => columns.get(key)?.findLast((value) => value !== null) ?? null;

function remember(key, value) {
  if (value === null) return;
  test.base[key] ??= value;
  test.last[key] ??= value;
}

function voltages() {
  return store.about.charts.find(({ id }) => id === "voltage")?.series ?? [];
}

function build() {
  const wanted = [
    ...voltages().map(({ key, label }) => ({ key, label: `${label} minimum`, group: "Power" })),
    ...store.about.counters,
    { key: "link", label: "Link losses", group: "Link" },
  ];
  for (const counter of wanted) if (!test.tiles.has(counter.key)) test.tiles.set(counter.key, tile(counter));
  const groups = [...new Set(wanted.map(({ group }) => group))];
  setContent(slot(byId("ui-wiggle"), "tiles"), groups.map((group) => el("section.wiggle-group", {}, el("h3", {}, group),
    el("div.wiggle-tiles", {}, wanted.filter((each) => each.group === group).map(({ key }) => test.tiles.get(key).node)))));
}

function tile(counter) {
  const value = el("span.wiggle-value", {}, counter.gauge || counter.key.startsWith(VOLTAGE) ? "–" : "0");
  const node = el("div.wiggle-tile", { "data-key": counter.key }, value, el("span.wiggle-label", {}, counter.label));
  return { ...counter, node, value };
}

/** Everything that came since the last look. */
function look() {
  let place = store.at.findIndex((at) => at > test.at);
  if (place < 0) place = store.at.length;
  for (; place < store.at.length; place += 1) {
    test.at = store.at[place];
    test.samples += store.gaps.some(({ at }) => at === test.at) ? 0 : 1;
    for (const { key, label } of voltages()) voltage(key, label, store.values.get(key)?.[place] ?? null);
    for (const counter of store.about.counters) count(counter, store.counts.get(counter.key)?.[place] ?? null);
  }
  links();
  setText(slot(byId("ui-wiggle"), "time"), elapsed());
}

function voltage(key, label, volts) {
  if (volts === null) return;
  const least = test.least[key];
  if (least !== undefined && volts >= least) return;
  test.least[key] = volts;
  setText(test.tiles.get(key)?.value, `${volts.toFixed(2)} V`);
  if (least !== undefined && least - volts >= 0.03) changed(key, `${label} fell to ${volts.toFixed(2)} V`, true);
}

function count(counter, value) {
  if (value === null) return;
  remember(counter.key, value);
  const before = test.last[counter.key];
  const named = (number) => counter.words[number] ?? String(number);
  const shown = counter.gauge ? named(value) : `+${value - test.base[counter.key]}`;
  const place = test.tiles.get(counter.key)?.value;
  setText(place, value === test.base[counter.key] && !counter.gauge ? "0" : shown);
  place?.toggleAttribute("data-long", shown.length > 6);
  if (value === before) return;
  test.last[counter.key] = value;
  const words = counter.gauge ? `${counter.label}: ${named(before)} → ${named(value)}` : `${counter.label}: +${value - before}`;
  changed(counter.key, words, counter.alarm);
}

function links() {
  for (; test.gaps < store.gaps.length; test.gaps += 1) {
    test.losses += 1;
    setText(test.tiles.get("link").value, `+${test.losses}`);
    changed("link", `Link: ${store.gaps[test.gaps].why}`, true);
  }
}

function deviceChanged() {
  test.events.push({ at: Date.now(), words: "Another device is here now" });
  end();
}

function changed(key, words, alarm) {
  test.events.push({ at: test.at * 1000, words });
  const { node } = test.tiles.get(key);
  node.dataset.tone = alarm ? "bad" : "warn";
  node.dataset.lit = "yes";
  clearTimeout(node.unlight);
  node.unlight = setTimeout(() => delete node.dataset.lit, LIT_MS);
  beep(alarm ? 880 : 520);
  announce(words);
  setContent(slot(byId("ui-wiggle"), "events"), test.events.slice(-6).reverse().map(({ at, words: text }) =>
    el("li", {}, el("time", {}, clock(new Date(at).toISOString())), text)));
}

const elapsed = () => {
  const seconds = Math.round((Date.now() - test.began) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

/** The summary, in words that can be copied into a report. */
function end() {
  if (!test || test.over) return;
  test.over = true;
  const panel = byId("ui-wiggle");
  const bad = test.events.length;
  const quiet = test.samples ? "Nothing changed" : "Nothing was measured"; // without the link, all is quiet
  const lines = [
    `Wiggle test of ${store.about.device?.label ?? "no device"}, ${elapsed()} min, ended ${new Date().toLocaleString()}, ${plural(test.samples, "sample")}`,
    ...Object.entries(test.least).map(([key, volts]) => `${key.slice(VOLTAGE.length)} minimum ${volts.toFixed(2)} V`),
    bad ? `${plural(bad, "change")}:` : `${quiet}.`,
    ...test.events.map(({ at, words }) => `${clock(new Date(at).toISOString())}  ${words}`),
  ];
  setText(slot(panel, "verdict"), bad ? `${plural(bad, "change")} while you moved it` : quiet);
  slot(panel, "verdict").dataset.tone = bad || !test.samples ? "bad" : "ok";
  setText(slot(panel, "report"), lines.join("\n"));
  slot(panel, "running").hidden = true;
  slot(panel, "summary").hidden = false;
  byId("ui-wiggle-end").hidden = true;
  byId("ui-wiggle-close").focus();
}

function restore() {
  const interval = test?.interval;
  test = null;
  if (interval && interval !== store.about.interval_s) api.liveInterval(interval).catch(() => {});
}

