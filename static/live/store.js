// The samples this page has, as columns, and what is known about them. No DOM.
// at: seconds since 1970; values and counts: key -> array as long as at; null is not said.
import { api } from "../js/api.js";

const MOST = 20000;
const SPARE = 2000; // dropped from the front at once, so that it is not done for every sample

export const store = {
  /** @type {Api["Live"]} */
  about: {
    revision: 0, history: "", state: "off", why: "", interval_s: 1, last_seq: 0, device: null,
    charts: [], counters: [], markers: [],
  },
  seq: 0,
  /** @type {number[]} */
  at: [],
  /** @type {{at: number, why: string, code: string}[]} */
  gaps: [],
  /** @type {Map<string, (number | null)[]>} */
  values: new Map(),
  /** @type {Map<string, (number | null)[]>} */
  counts: new Map(),
};

const listeners = { about: [], samples: [], fresh: [] };
export const on = (topic, listener) => listeners[topic].push(listener);
const emit = (topic) => listeners[topic].forEach((listener) => listener());

/** @type {Promise<void> | null} */
let asking = null;
let askAgain = false;

/** Fetches what is missing. Called at each beginning of the stream, and when a number is left out. */
export async function resync() {
  if (asking) { askAgain = true; return; }
  asking = fetchMissing().catch(() => {}).finally(() => {
    asking = null;
    if (askAgain) { askAgain = false; resync(); }
  });
}

async function fetchMissing() {
  setAbout(await api.live());
  const columns = await api.liveSamples(store.seq);
  if (columns.history === store.about.history) append(columns);
  else askAgain = true;
}

/** An event of the feed. */
export function receive(kind, data) {
  if (kind === "live") setAbout(data);
  else if (kind === "marker") addMarker(data);
  else if (kind === "sample") {
    if (data.seq <= store.seq) return;
    if (data.seq > store.seq + 1 || asking) resync();
    else append(asColumns(data));
  }
}

function setAbout(about) {
  if (about.revision < store.about.revision) return; // an answer that was overtaken by an event
  if (about.history !== store.about.history) clear(); // another device, or the program was started anew
  store.about = about;
  emit("about");
}

function clear() {
  store.seq = 0;
  store.at = [];
  store.gaps = [];
  store.values.clear();
  store.counts.clear();
  emit("fresh");
}

function addMarker(marker) {
  if (store.about.markers.some((each) => each.id === marker.id)) return;
  store.about.markers.push(marker);
  emit("about");
}

function asColumns(sample) {
  const column = (row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, [value]]));
  return {
    seq: [sample.seq], at: [sample.at], gaps: sample.gap ? { [sample.seq]: sample.gap } : {},
    gap_codes: { [sample.seq]: sample.gap_code },
    values: column(sample.values), counts: column(sample.counts),
  };
}

function append(columns) {
  const first = columns.seq.findIndex((seq) => seq > store.seq);
  if (first < 0) return;
  const had = store.at.length;
  const added = columns.seq.length - first;
  for (let i = first; i < columns.seq.length; i += 1) {
    store.at.push(columns.at[i] / 1000);
    const why = columns.gaps[columns.seq[i]];
    if (why) store.gaps.push({ at: columns.at[i] / 1000, why, code: columns.gap_codes[columns.seq[i]] });
  }
  for (const kind of ["values", "counts"]) extend(store[kind], columns[kind], first, had, added);
  store.seq = columns.seq.at(-1);
  shorten();
  emit("samples");
}

function extend(columns, more, first, had, added) {
  for (const key of Object.keys(more)) if (!columns.has(key)) columns.set(key, new Array(had).fill(null));
  for (const [key, column] of columns) {
    const from = more[key];
    for (let i = 0; i < added; i += 1) column.push(from ? from[first + i] ?? null : null);
  }
}

function shorten() {
  if (store.at.length <= MOST) return;
  const drop = store.at.length - MOST + SPARE;
  store.at.splice(0, drop);
  for (const column of [...store.values.values(), ...store.counts.values()]) column.splice(0, drop);
  store.gaps = store.gaps.filter((gap) => gap.at >= store.at[0]);
}

/** When the gap that begins here ends: at the sample after it, or not yet.
 * @returns {number | undefined} */
export const endOf = (gap) => store.at[placeOf(gap.at + 0.0005)];

/** The first place in `at` that is not before this time. */
export function placeOf(time) {
  let low = 0;
  let high = store.at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (store.at[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
