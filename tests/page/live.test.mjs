import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { serve, settle } from "./browser.mjs";

const { placeOf, receive, resync, store } = await import("../../static/js/live/store.js");
const wiggle = await import("../../static/js/live/wiggle_test.js");

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
  receive("live", about({ history, ...more }));
}

beforeEach(() => {
  serve(() => new TypeError("nobody there"));
  board(`fresh ${round}`);
});

test("samples become columns; what is not said is null", () => {
  receive("sample", sample(1, 5.0, 0));
  receive("sample", { ...sample(2, 5.1, 0), counts: {} });
  assert.deepEqual(store.at, [1, 2]);
  assert.deepEqual(store.values.get("voltage.VDD_IN"), [5.0, 5.1]);
  assert.deepEqual(store.counts.get("usb"), [0, null]);
});

test("a series that begins late has nothing before it", () => {
  receive("sample", { ...sample(1, 5, 0), values: {} });
  receive("sample", sample(2, 5, 0));
  assert.deepEqual(store.values.get("voltage.VDD_IN"), [null, 5]);
});

test("a sample that comes twice counts once", () => {
  receive("sample", sample(1, 5, 0));
  receive("sample", sample(1, 5, 0));
  assert.equal(store.at.length, 1);
});

test("a number that is left out is asked for", async () => {
  const history = store.about.history;
  receive("sample", sample(1, 5, 0));
  serve((path) => (path === "live" ? about({ history }) : {
    history, seq: [2, 3], at: [2000, 3000], gaps: {}, values: { "voltage.VDD_IN": [4.9, 4.8] }, counts: { usb: [0, 1] },
  }));
  receive("sample", sample(3, 4.8, 1));
  await settle(5);
  assert.deepEqual(store.at, [1, 2, 3]);
  assert.deepEqual(store.counts.get("usb"), [0, 0, 1]);
});

test("another device's samples never come behind these", () => {
  receive("sample", sample(1, 5, 0));
  board("board-b boot-1", { device: { label: "board-b" } });
  assert.equal(store.at.length, 0);
});

test("an answer that an event overtook changes nothing", () => {
  const newer = about({ history: store.about.history, state: "waiting" });
  receive("live", newer);
  receive("live", { ...newer, revision: newer.revision - 1, state: "on" });
  assert.equal(store.about.state, "waiting");
});

test("nobody answers: the page keeps what it has", async () => {
  receive("sample", sample(1, 5, 0));
  await resync();
  await settle(5);
  assert.equal(store.at.length, 1);
});

test("a time's place is the first sample that is not before it", () => {
  for (const seq of [1, 2, 3]) receive("sample", sample(seq, 5, 0));
  assert.deepEqual([placeOf(0), placeOf(2), placeOf(2.5), placeOf(9)], [0, 1, 2, 3]);
});

const heard = [];
wiggle.startTest((key, words, alarm) => heard.push({ key, words, alarm }));

function begin() {
  heard.length = 0;
  receive("sample", sample(1, 5.0, 7));
  wiggle.begin();
}

test("a wiggle test counts from what was there before it", () => {
  begin();
  receive("sample", sample(2, 5.0, 7));
  wiggle.look();
  assert.deepEqual(wiggle.verdict(), ["ok", "Nothing changed"]);
  receive("sample", sample(3, 5.0, 9));
  wiggle.look();
  assert.deepEqual(heard, [{ key: "usb", words: "USB resets: +2", alarm: true }]);
  assert.equal(wiggle.verdict()[0], "bad");
});

test("a sag is told once, at its depth", () => {
  begin();
  for (const [seq, volts] of [[2, 5.0], [3, 4.99], [4, 4.5], [5, 4.6]]) receive("sample", sample(seq, volts, 7));
  wiggle.look();
  assert.deepEqual(heard.map(({ words }) => words), ["VDD_IN fell to 4.50 V"]);
});

test("a lost link is a change", () => {
  begin();
  receive("sample", sample(2, 5, 7, "The link was lost."));
  wiggle.look();
  assert.equal(wiggle.shown({ key: "link" }), "+1");
  assert.equal(wiggle.verdict()[0], "bad");
});

test("a test without a sample never says that nothing changed", () => {
  begin();
  wiggle.end();
  assert.deepEqual(wiggle.verdict(), ["bad", "Nothing was measured"]);
});

test("another device ends the test", () => {
  begin();
  receive("sample", sample(2, 5, 7));
  wiggle.look();
  board("board-b boot-1", { device: { label: "board-b" } });
  wiggle.look();
  assert.ok(!wiggle.running());
  assert.match(wiggle.report(), /Another device/);
});

test("a test survives a reload of its page", () => {
  begin();
  receive("sample", sample(2, 4.0, 7));
  wiggle.look();
  wiggle.end();
  const kept = JSON.parse(sessionStorage.getItem("v3-wiggle"));
  wiggle.startTest(() => {});
  assert.deepEqual(wiggle.test, kept);
});
