// Numbers of the tables: in the units of the sentences (test_presentation.py has the same cases).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { measure } from "../../static/checkup/measure.js";

const { larger, cases } = JSON.parse(readFileSync(new URL("./measure.json", import.meta.url), "utf8"));

for (const { value, unit, told } of cases) {
  test(`${value} ${unit} is told as ${told}`, () => assert.equal(measure(value, unit, larger).join(" ").trim(), told));
}
