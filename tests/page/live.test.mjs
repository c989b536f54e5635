import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { serve, settle } from "./browser.mjs";

const { apiOf } = await import("../../static/js/api.js");
const { Store } = await import("../../static/live/store.js");

/** @type {any} */
let store;

let round = 0;
const about = (more = {}) => ({
  revision: (round += 1), history: "board-a boot-1", state: "on", why: "", interval_s: 1, last_seq: 0,
  device: { label: "board-a" }, markers: [],
  charts: [{ id: "voltage", title: "Voltages", unit: "V", series: [{ key: "voltage.VDD_IN", label: "VDD_IN", limits: [] }] }],
  counters: [{ key: "usb", label: "USB resets", group: "USB", gauge: false, alarm: true, words: [] }], ...more,
});
const sample = (seq, volts, resets, gap = "") =>
  ({ seq, at: seq * 1000, gap, values: { "voltage.VDD_IN": volts }, counts: { usb: resets } });

function board(history, more = {}) {
  store.receive("live", about({ history, ...more }));
}

beforeEach(() => {
  store = new Store(apiOf("main"));
  serve(() => new TypeError("nobody there"));
  board(`fresh ${round}`);
});

test("samples become columns; what is not said is null", () => {
  store.receive("sample", sample(1, 5.0, 0));
  store.receive("sample", { ...sample(2, 5.1, 0), counts: {} });
  assert.deepEqual(store.at, [1, 2]);
  assert.deepEqual(store.values.get("voltage.VDD_IN"), [5.0, 5.1]);
  assert.deepEqual(store.counts.get("usb"), [0, null]);
});

test("a series that begins late has nothing before it", () => {
  store.receive("sample", { ...sample(1, 5, 0), values: {} });
  store.receive("sample", sample(2, 5, 0));
  assert.deepEqual(store.values.get("voltage.VDD_IN"), [null, 5]);
});

test("a sample that comes twice counts once", () => {
  store.receive("sample", sample(1, 5, 0));
  store.receive("sample", sample(1, 5, 0));
  assert.equal(store.at.length, 1);
});

test("a number that is left out is asked for", async () => {
  const history = store.about.history;
  store.receive("sample", sample(1, 5, 0));
  serve((path) => (path === "live" ? about({ history }) : {
    history, seq: [2, 3], at: [2000, 3000], gaps: {}, gap_codes: {}, values: { "voltage.VDD_IN": [4.9, 4.8] }, counts: { usb: [0, 1] },
  }));
  store.receive("sample", sample(3, 4.8, 1));
  await settle(5);
  assert.deepEqual(store.at, [1, 2, 3]);
  assert.deepEqual(store.counts.get("usb"), [0, 0, 1]);
});

test("another device's samples never come behind these", () => {
  store.receive("sample", sample(1, 5, 0));
  board("board-b boot-1", { device: { label: "board-b" } });
  assert.equal(store.at.length, 0);
});

test("an answer that an event overtook changes nothing", () => {
  const newer = about({ history: store.about.history, state: "waiting" });
  store.receive("live", newer);
  store.receive("live", { ...newer, revision: newer.revision - 1, state: "on" });
  assert.equal(store.about.state, "waiting");
});

test("nobody answers: the page keeps what it has", async () => {
  store.receive("sample", sample(1, 5, 0));
  await store.resync();
  await settle(5);
  assert.equal(store.at.length, 1);
});

test("a time's place is the first sample that is not before it", () => {
  for (const seq of [1, 2, 3]) store.receive("sample", sample(seq, 5, 0));
  assert.deepEqual([store.placeOf(0), store.placeOf(2), store.placeOf(2.5), store.placeOf(9)], [0, 1, 2, 3]);
});

test("a gap comes with its code and its end", () => {
  store.receive("sample", sample(1, 5, 0));
  store.receive("sample", { ...sample(2, null, null, "Nobody looked."), gap_code: "unwatched" });
  assert.deepEqual(store.gaps, [{ at: 2, why: "Nobody looked.", code: "unwatched" }]);
  assert.equal(store.endOf(store.gaps[0]), undefined);
  store.receive("sample", { ...sample(3, 5, 0), at: 9000 });
  assert.equal(store.endOf(store.gaps[0]), 9);
});
