import assert from "node:assert/strict";
import { test } from "node:test";

const { boardsOf, isAny, meant, values } = await import("../../static/lab/choice.js");

const bay = (id, more = {}) => ({ id, board: id, device_id: `s-${id}`, model: "Orin", tags: [], verdict: null, ...more });
const lab = { benches: [
  { id: "bench-1", here: true, bays: [bay("a", { tags: ["line 2"], verdict: "fail" }), bay("b", { model: "Nano" }), { ...bay("c"), board: null }] },
  { id: "bench-2", here: true, bays: [bay("d", { verdict: "pass", tags: ["line 2", "spare"] })] },
  { id: "bench-3", here: false, bays: [bay("e")] },
] };
const any = { bench: "", model: "", tag: "", verdict: "" };
const chosen = (wanted) => boardsOf(lab).filter((each) => meant({ ...any, ...wanted }, each)).map(({ bay: { id } }) => id).join("");

test("boards are chosen by bench, model, tag and last verdict, and by all of them together", () => {
  assert.equal(chosen({}), "abd");
  assert.deepEqual([chosen({ bench: "bench-1" }), chosen({ model: "Nano" }), chosen({ tag: "line 2" })], ["ab", "b", "ad"]);
  assert.deepEqual([chosen({ verdict: "fail" }), chosen({ verdict: "none" })], ["a", "b"]);
  assert.equal(chosen({ tag: "line 2", bench: "bench-2" }), "d");
  assert.deepEqual([isAny(any), isAny({ ...any, tag: "spare" })], [true, false]);
});

test("only what some board has can be chosen", () => {
  assert.deepEqual(values(boardsOf(lab), "tag"), ["line 2", "spare"]);
  assert.deepEqual(values(boardsOf(lab), "verdict"), ["fail", "none", "pass"]);
});
