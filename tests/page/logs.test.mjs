import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser.mjs";

const { compile, fits, MOST, Store } = await import("../../static/logs/store.js");

const line = (seq, text, signature = null) =>
  ({ seq, time_ms: seq, priority: null, unit: "kernel", text, signature, mark: null });

test("words are looked for as they stand", () => {
  const pattern = compile("a.b(");
  assert.ok(fits(pattern, { full: "xA.B(y" }));
  assert.ok(!fits(pattern, { full: "aXb(" }));
});

test("an expression between slashes keeps its case unless it says i", () => {
  assert.ok(!fits(compile("/Error/"), { full: "error" }));
  assert.ok(fits(compile("/Error/i"), { full: "error" }));
});

test("a broken expression says what is wrong instead of throwing", () => assert.match(compile("/(/").error, /group/i));

test("nothing typed filters nothing", () => assert.equal(compile("  "), null));

test("a filter shows the lines that fit, now and later", () => {
  const store = new Store();
  store.add([line(1, "usb 1-2: reset"), line(2, "eth0: link up")]);
  store.filter(compile("usb"), false);
  store.add([line(3, "usb 1-2: gone"), line(4, "other")]);
  assert.deepEqual(store.view.map(({ seq }) => seq), [1, 3]);
  store.filter(null, false);
  assert.equal(store.view.length, 4);
});

test("known messages alone are shown where that is wanted, marks of the page always", () => {
  const store = new Store();
  store.add([line(1, "plain"), line(2, "oops", { kind: "kernel-oops" })]);
  store.mark("gap", "Lines are missing here.");
  store.filter(null, true);
  assert.deepEqual(store.view.map(({ text }) => text), ["oops", "Lines are missing here."]);
  assert.equal(store.known, 1);
});

test("a mark of the page has no number, so nothing is asked for anew", () => {
  const store = new Store();
  store.add([line(7, "x")]);
  store.mark("gap", "y");
  assert.equal(store.last, 7);
});

test("the oldest lines go, many at once, and are counted", () => {
  const store = new Store();
  for (let at = 0; at < 12; at += 1) {
    store.add(Array.from({ length: 10000 }, (_, index) => line(at * 10000 + index + 1, "x")));
  }
  assert.ok(store.all.length <= MOST + 10000);
  assert.equal(store.all.length + store.dropped, 120000);
  assert.equal(store.all.at(-1).seq, 120000);
});

test("tabs and line ends inside a line keep it one line", () => {
  const store = new Store();
  store.add([line(1, "a\tb\nc")]);
  assert.equal(store.all[0].text, "a    b⏎c");
});

test("what is called normal for the board changes the lines that are here, by their numbers", () => {
  const store = new Store();
  store.mark("gap", "Lines are missing here.");
  store.add([line(8, "flux0 failed", { id: "unknown-message" }), line(9, "well")]);
  assert.equal(store.first, 8);
  store.resign([line(8, "flux0 failed", { id: "normal-message" }), line(9, "well")]);
  assert.deepEqual(store.all.map(({ signature }) => signature?.id), [undefined, "normal-message", undefined]);
});
