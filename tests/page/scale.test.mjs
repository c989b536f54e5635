// The vertical axis of a chart: by the rule of a report's picture (test_live_recorder.py has the same cases).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { scale } from "../../static/live/scale.js";

const cases = JSON.parse(readFileSync(new URL("./scale.json", import.meta.url), "utf8"));

for (const { why, most, values, limits, ends } of cases) {
  test(`the axis of a chart: ${why}`, () => {
    scale(most, values, limits).forEach((end, at) => assert.ok(Math.abs(end - ends[at]) < 1e-9, `${end} is not ${ends[at]}`));
  });
}

test("a chart without any value has an axis", () => {
  assert.deepEqual(scale(null, [], []), [0, 1]);
});
