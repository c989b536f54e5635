import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser.mjs";

const { BoardState } = await import("../../static/js/state.js");
const connected = (device_id) => ({ state: "connected", device: device_id && { device_id }, last_device: null, view: {} });

/** A board that said who it is, with one result of that; answers how often the page asked whose it is. */
function board() {
  const state = new BoardState("main");
  const asked = [];
  state.on("whose", () => asked.push(state.currentId()));
  state.applyEvent("connection", connected("k-early"));
  state.applyEvent("run-finished", { run: "r", diagnostic: "uptime", checkup: "c", shown: true, labels: {}, not_kept: null,
    result: { diagnostic: "uptime", device_id: "k-early", verdict: "pass" } });
  return { state, asked };
}

test("a board with another identity than its results has the program asked whose they are, once", () => {
  const { state, asked } = board();
  state.applyEvent("connection", connected("s-learned"));
  state.applyEvent("connection", connected("s-learned"));
  assert.deepEqual(asked, ["s-learned"]);
});

test("a check-up that was cut off offers its rest, and none where that is all of it", () => {
  const { state } = board();
  state.checkup = { diagnostics: ["memory", "uptime"], finished: true };
  for (const [rest, offered] of [[["memory"], ["memory"]], [["memory", "uptime"], []]]) {
    state.headline = { ...state.headline, rest };
    assert.deepEqual(state.rest(), offered);
  }
});

test("what changed on another board is not told as this one's", () => {
  const { state } = board();
  assert.deepEqual(["k-early", "k-other", null].map((id) => state.fromOther({ device_id: id })), [false, true, false]);
});

test("nothing is asked while the board is the same, or none is there", () => {
  const { state, asked } = board();
  state.applyEvent("connection", connected("k-early"));
  state.applyEvent("connection", connected(null));
  assert.deepEqual(asked, []);
});
