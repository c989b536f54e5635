import assert from "node:assert/strict";
import { test } from "node:test";
import { ranked } from "../../static/later/match.js";

const ALL = [
  { title: "Live", words: "page" }, { title: "USB devices", words: "usb-devices buses" },
  { title: "Time since boot", words: "uptime system" }, { title: "Boot time", words: "boot-time system" },
  { title: "Line 3 · 24012345", words: "board 1424024012345 Orin" },
];
const titles = (wanted) => ranked(ALL, wanted).map(({ title }) => title);

test("without words all stay, in their order", () => assert.deepEqual(ranked(ALL, "  "), ALL));
test("the beginning of a title comes before a word within it", () => assert.deepEqual(titles("boot"), ["Boot time", "Time since boot"]));
test("every word must be there, also in what is not shown", () => {
  assert.deepEqual(titles("boot up"), ["Time since boot"]);
  assert.deepEqual(titles("orin 2345"), ["Line 3 · 24012345"]);
  assert.deepEqual(titles("boot zebra"), []);
});
