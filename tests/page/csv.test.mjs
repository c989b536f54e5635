import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser.mjs";

const { asCsv } = await import("../../static/js/csv.js");

for (const [told, cell] of [
  ["VDD_IN (V)", "VDD_IN (V)"],
  ["=1+1", "'=1+1"],
  ["  @SUM(A1)", "' @SUM(A1)"],
  ["\uff1d1+1", "'\uff1d1+1"],
  ["moved; =cmd()", "moved;' =cmd()"],
  ['moved;"=cmd()', `"moved;'""=cmd()"`],
  ["moved; -5 °C", "moved; -5 °C"],
  ["a\n=1", "a =1"],
  ["a\u001b[31mb", "a␛b"],
  ['5", red', '"5"", red"'],
  [-5, "-5"],
]) {
  test(`${JSON.stringify(told)} computes in no spreadsheet`, () => assert.equal(asCsv([[told]]), `\ufeff${cell}\r\n`));
}
