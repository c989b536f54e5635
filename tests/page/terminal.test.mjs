import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, serve, settle } from "./browser.mjs";

const { Intake } = await import("../../static/terminal/intake.js");
const { callsOf } = await import("../../static/terminal/calls.js");
const { Typing } = await import("../../static/terminal/typing.js");

const base64 = (text) => Buffer.from(text).toString("base64");
const piece = (offset, text) => ({ offset, data: base64(text) });

function screen() {
  const drawn = { text: "", lost: 0 };
  const intake = new Intake(callsOf("main"), "t1", (bytes, done) => { drawn.text += Buffer.from(bytes); done(); },
    (bytes) => { drawn.lost += bytes; });
  return { intake, drawn };
}

test("output is written once, in order, whatever comes twice", () => {
  const { intake, drawn } = screen();
  for (const each of [piece(0, "one "), piece(0, "one "), piece(2, "e two")]) intake.take(each);
  assert.equal(drawn.text, "one two");
});

test("what the stream lost is asked for by its place", async () => {
  const { intake, drawn } = screen();
  serve(() => ({ offset: 3, data: base64("DEFGHI"), end: 9 }));
  intake.take(piece(0, "ABC"));
  intake.take(piece(6, "GHI"));
  await settle(5);
  assert.equal(drawn.text, "ABCDEFGHI");
  assert.equal(asked[0].path, "/api/v1/terminals/t1/output?from=3");
});

test("what the program no longer has is said as lost", async () => {
  const { intake, drawn } = screen();
  serve(() => ({ offset: 5, data: base64("FG"), end: 7 }));
  intake.take(piece(5, "FG"));
  await settle(5);
  assert.deepEqual(drawn, { text: "FG", lost: 5 });
});

test("a flood tells how much is on the screen", async () => {
  const { intake } = screen();
  serve(() => ({}));
  intake.take(piece(0, "x".repeat(70000)));
  await settle(5);
  assert.deepEqual(asked.map(({ path, body }) => [path, body]), [["/api/v1/terminals/t1/drawn", { offset: 70000 }]]);
});

test("a half pair of a character is never sent alone", async () => {
  serve(() => ({}));
  const typing = new Typing(callsOf("main"), "t1", () => {});
  typing.into(1);
  typing.push(`${"x".repeat(4095)}😀y`);
  await settle(5);
  assert.deepEqual(asked.map(({ body }) => body.data), ["x".repeat(4095), "😀y"]);
});

test("keys go one request at a time, numbered", async () => {
  serve(() => settle(1));
  const typing = new Typing(callsOf("main"), "t1", () => {});
  typing.into(1);
  for (const key of "abcd") typing.push(key);
  await settle(20);
  assert.equal(asked.map(({ body }) => body.data).join(""), "abcd");
  assert.deepEqual(asked.map(({ body }) => body.seq), asked.map((_, index) => index + 1));
});

const unanswered = { "of the program": new TypeError("cut"), "of a bench": { status: 504, code: "no-answer" } };
for (const [whose, none] of Object.entries(unanswered)) test(`a request without an answer ${whose} is sent again under its number`, async () => {
  let tries = 0;
  serve(() => ((tries += 1) === 1 ? none : {}));
  const typing = new Typing(callsOf("main"), "t1", () => {});
  typing.into(1);
  typing.push("ls\r");
  await settle(400);
  assert.deepEqual(asked.map(({ body }) => [body.seq, body.data]), [[1, "ls\r"], [1, "ls\r"]]);
});

test("keys that the shell did not take are dropped and said", async () => {
  serve(() => ({ status: 409, code: "terminal-over", detail: "The shell is gone." }));
  const failures = [];
  const typing = new Typing(callsOf("main"), "t1", (error) => failures.push(error.code));
  typing.into(1);
  typing.push("reboot\r");
  await settle(5);
  typing.push("");
  await settle(5);
  assert.deepEqual(failures, ["terminal-over"]);
  assert.equal(asked.length, 1);
});

test("what was typed for one shell never reaches the next", async () => {
  let release = () => {};
  serve(() => new Promise((done) => { release = () => done({}); }));
  const typing = new Typing(callsOf("main"), "t1", () => {});
  typing.into(1);
  typing.push("a");
  typing.push("b");
  await settle(1);
  typing.into(2);
  release();
  await settle(5);
  assert.deepEqual(asked.map(({ body }) => [body.shell, body.data]), [[1, "a"]]);
});

test("without a shell nothing is sent", async () => {
  serve(() => ({}));
  new Typing(callsOf("main"), "t1", () => {}).push("ls\r");
  await settle(5);
  assert.equal(asked.length, 0);
});
