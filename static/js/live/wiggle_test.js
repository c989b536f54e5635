// What a wiggle test has seen: the deltas since it began. It is kept with its tab (sessionStorage), so that a
// reload loses nothing: what was sampled meanwhile is looked at then, and what was not is said. No DOM.
import { clock, plural, span } from "../format.js";
import { placeOf, store } from "./store.js";

const KEY = "v3-wiggle";
const NOBODY = "Nobody looked."; // as sampler.py says it: no page was there, so nothing was sampled
const AWAY = "the page was closed, reloaded or hidden";
const VOLTAGE = "voltage.";
const FALL_V = 0.03;

/**
 * began, ended: ms since 1970. history, device: whose samples. at: of the newest sample seen, in s. base, last:
 *  counts by key, at the beginning and now. least: volts by key. tones: key -> "bad" or "warn". losses: of the link.
 *  samples: how many were seen. away: in s, since when nobody watched. events: [{at, words, note}]; a note is
 *  no change but says what is not known.
 * @type {any} */
export let test = null;
/** @type {(key: string, words: string, alarm: boolean) => void} */
let told = () => {};

export const running = () => test !== null && test.ended === null;
const isVoltage = (key) => key.startsWith(VOLTAGE);
export const voltages = () => store.about.charts.find(({ id }) => id === "voltage")?.series ?? [];

/** told(key, words, alarm): something changed. A test that this tab had before a reload goes on. */
export function startTest(listener) {
  told = listener;
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    test = Array.isArray(kept?.events) ? kept : null;
  } catch {
    test = null; // the browser keeps nothing for pages
  }
  addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", keep);
}

function keep() {
  try {
    if (test) sessionStorage.setItem(KEY, JSON.stringify(test));
    else sessionStorage.removeItem(KEY);
  } catch { /* then a reload ends the test */ }
}

export function begin() {
  test = { began: Date.now(), ended: null, history: "", device: "", at: null, base: {}, last: {}, least: {}, tones: {}, losses: 0,
    samples: 0, away: null, events: [] };
  keep();
  look();
}

/** Ends it. why: what ended it, where that was not a person. */
export function end(why = "") {
  if (!running()) return;
  if (why) note(why);
  if (test.away !== null) note(`Not watched since ${time(test.away * 1000)}: ${AWAY}`);
  test.ended = Date.now();
  keep();
}

export function forget() {
  test = null;
  keep();
}

/** Everything that came since the last look. */
export function look() {
  const { history, device } = store.about;
  if (!running() || !history) return;
  test.history ||= history;
  if (history !== test.history) return device && endOf(device);
  test.device ||= device?.label ?? "";
  if (!store.at.length) return;
  if (test.at === null) return first();
  if (store.at[0] > test.at) test.away ??= test.at; // it was away for longer than samples are kept
  for (let place = placeOf(test.at + 0.0005); place < store.at.length; place += 1) see(place);
}

/** What changes counts from what was there before the test. */
function first() {
  test.at = store.at.at(-1);
  for (const { key } of store.about.counters) remember(key, store.counts.get(key)?.findLast((value) => value !== null) ?? null);
}

function remember(key, value) {
  if (value === null) return;
  test.base[key] ??= value;
  test.last[key] ??= value;
}

function see(place) {
  test.at = store.at[place];
  const gap = store.gaps.find(({ at }) => at === test.at);
  if (gap) return lost(gap.why);
  if (test.away !== null) back();
  test.samples += 1;
  for (const { key, label } of voltages()) voltage(key, label, store.values.get(key)?.[place] ?? null);
  for (const counter of store.about.counters) count(counter, store.counts.get(counter.key)?.[place] ?? null);
}

function lost(why) {
  if (why === NOBODY) {
    test.away ??= test.at;
    return;
  }
  test.losses += 1;
  changed("link", `Link: ${why}`, true);
}

function back() {
  note(`Not watched for ${span(Math.max(1, Math.round(test.at - test.away)))}: ${AWAY}`);
  test.away = null;
}

function voltage(key, label, volts) {
  if (volts === null) return;
  const least = test.least[key];
  if (least !== undefined && volts >= least) return;
  test.least[key] = volts;
  if (least !== undefined && least - volts >= FALL_V) changed(key, `${label} fell to ${volts.toFixed(2)} V`, true);
}

function count(counter, value) {
  if (value === null) return;
  remember(counter.key, value);
  const before = test.last[counter.key];
  if (value === before) return;
  test.last[counter.key] = value;
  const words = counter.gauge ? `${counter.label}: ${named(counter, before)} → ${named(counter, value)}` : `${counter.label}: +${value - before}`;
  changed(counter.key, words, counter.alarm);
}

const named = (counter, number) => counter.words[number] ?? String(number);

function changed(key, words, alarm) {
  add(words, false);
  test.tones[key] = alarm ? "bad" : "warn";
  told(key, words, alarm);
}

const note = (words) => add(words, true);
const add = (words, isNote) => test.events.push({ at: test.at === null ? Date.now() : test.at * 1000, words, note: isNote });

function endOf(device) {
  if (device.label === test.device) return end("The program was started anew, and what it had measured is gone");
  test.at = null;
  changed("link", "Another device is here now", true);
  end();
}

/** What a tile shows. counter: {key, gauge, words}. */
export function shown(counter) {
  const { key } = counter;
  if (key === "link") return test.losses ? `+${test.losses}` : "0";
  if (isVoltage(key)) return test.least[key] === undefined ? "–" : `${test.least[key].toFixed(2)} V`;
  const last = test.last[key];
  if (counter.gauge) return last === undefined ? "–" : named(counter, last);
  return last === undefined || last === test.base[key] ? "0" : `+${last - test.base[key]}`;
}

export function elapsed() {
  const passed = Math.round(((test.ended ?? Date.now()) - test.began) / 1000);
  return `${Math.floor(passed / 60)}:${String(passed % 60).padStart(2, "0")}`;
}

/** [tone, words]. Without the link, and while nobody watched, all is quiet. */
export function verdict() {
  const changes = test.events.filter((event) => !event.note).length;
  if (changes) return ["bad", `${plural(changes, "change")} while you moved it`];
  if (!test.samples) return ["bad", "Nothing was measured"];
  return test.events.length ? ["warn", "Nothing changed while it was watched"] : ["ok", "Nothing changed"];
}

export const time = (at) => clock(new Date(at).toISOString());

/** The summary, in words that can be copied into a report. */
export const report = () => [
  `Wiggle test of ${test.device || "no device"}, ${elapsed()} min, ended ${new Date(test.ended).toLocaleString()}, ${plural(test.samples, "sample")}`,
  ...Object.entries(test.least).map(([key, volts]) => `${key.slice(VOLTAGE.length)} minimum ${volts.toFixed(2)} V`),
  `${verdict()[1]}${test.events.length ? ":" : "."}`,
  ...test.events.map(({ at, words }) => `${time(at)}  ${words}`),
].join("\n");
