import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser.mjs";

const format = await import("../../static/js/format.js");
const { clean } = await import("../../static/js/dom.js");

for (const [value, words] of [[null, ""], [0.0042, "4 ms"], [1.25, "1.3 s"], [59.94, "59.9 s"], [61, "1 min 1 s"], [119.7, "2 min"], [7205, "2 h 5 s"]]) {
  test(`${value} seconds read "${words}"`, () => assert.equal(format.seconds(value), words));
}

for (const [value, words] of [[1.5, "1.5 s"], [30, "30 s"], [300, "5 min"], [200, "3 min 20 s"]]) {
  test(`a span of ${value} s reads "${words}"`, () => assert.equal(format.span(value), words));
}

test("a number stays on the line of its unit", () => {
  assert.equal(format.sentence("VDD_IN fell to 4.872 V; from 4.90 V. 3 times, 85 °C, 10 Gbit/s"),
    "VDD_IN fell to 4.872\u00a0V; from 4.90\u00a0V. 3 times, 85\u00a0°C, 10\u00a0Gbit/s");
});

test("one thing has no plural ending", () => {
  assert.deepEqual([format.plural(1, "fault"), format.plural(0, "fault"), format.plural(2, "match", "matches")],
    ["1 fault", "0 faults", "2 matches"]);
});

test("what is no time reads as nothing", () => {
  assert.deepEqual([format.clock("soon"), format.dateTime("soon"), format.since("soon")], ["", "", ""]);
});

test("a time in the future has no age", () => {
  assert.equal(format.since(new Date(Date.now() + 60000).toISOString()), "");
});

for (const [name, text, shown] of [
  ["a colour", "\u001b[31mred\u001b[0m", "␛red␛"],
  ["a title", "\u001b]0;title\u0007x", "␛x"],
  ["a title without an end", "\u001b]0;title\nnext", "␛\nnext"],
  ["a bell", "a\u0007b", "a␇b"],
  ["a line end of another system", "a\r\nb", "a\nb"],
  ["text that runs backwards", "a\u202eb", "a⟨U+202E⟩b"],
  ["a mark of direction", "a\u061cb", "a⟨U+061C⟩b"],
  ["what nobody sees", "a\u200bb", "a⟨U+200B⟩b"],
]) {
  test(`${name} cannot act on the page`, () => assert.equal(clean(text), shown));
}
