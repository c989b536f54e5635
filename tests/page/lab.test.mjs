import assert from "node:assert/strict";
import { test } from "node:test";

const { boardsOf, isAny, meant, values, wordOf } = await import("../../static/js/choice.js");

const { merged } = await import("../../static/lab/known.js");

const bay = (id, more = {}) => ({ id, board: id, device_id: `s-${id}`, model: "Orin", tags: [], last: null, ...more });
const last = (verdict, word) => ({ last: { verdict, word, checked_at: null } });
const lab = { benches: [
  { id: "bench-1", here: true, bays: [bay("a", { tags: ["line 2"], ...last("fail", "Fault") }), bay("b", { model: "Nano" }), { ...bay("c"), board: null }] },
  { id: "bench-2", here: true, bays: [bay("d", { ...last("pass", "OK"), tags: ["line 2", "spare"], badge: { icon: "pass", word: "Was OK" } })] },
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
  assert.deepEqual([wordOf(boardsOf(lab), "pass"), wordOf(boardsOf(lab), "fail")], ["OK", "Fault"]);
});

test("what the hub tells as new stands in the place of what was known, and all else stays the very same object", () => {
  const whole = (benches) => ({ version: "a.1", whole: true, order: benches.map(({ id }) => id), errands: [],
    benches: benches.map((bench) => ({ ...bench, places: bench.bays.map(({ id }) => id) })) });
  const known = whole(lab.benches);
  const told = { ...known, version: "a.2", whole: false, order: ["bench-2", "bench-1", "bench-4"], benches: [
    { id: "bench-1", here: true, places: ["b", "z", "a"], bays: [bay("b", { model: "TX2" }), bay("z")] },
    { id: "bench-4", here: false, places: [], bays: [] },
  ] };
  const now = merged(known, told);
  assert.deepEqual(now.benches.map(({ id, bays }) => [id, bays.map((each) => each.id).join("")]), [["bench-2", "d"], ["bench-1", "bza"], ["bench-4", ""]]);
  assert.equal(now.version, "a.2");
  assert.equal(now.benches[0], known.benches[1]);
  assert.equal(now.benches[1].bays[2], known.benches[0].bays[0]);
  assert.equal(now.benches[1].bays[0].model, "TX2");
  assert.equal(merged(now, known), known);
});
