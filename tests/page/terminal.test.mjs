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

test("keys that nobody takes wait here, and the page is told", async () => {
  let release = () => {};
  serve(() => new Promise((done) => { release = () => done({}); }));
  const told = [];
  const typing = new Typing(callsOf("main"), "t1", () => {}, (yes) => told.push(yes));
  typing.into(1);
  for (const key of "ls\r") typing.push(key);
  await settle(1300);
  assert.deepEqual([asked.length, told], [1, [true]]);
  release();
  await settle(5);
  assert.deepEqual(asked.map(({ body }) => body.data), ["l", "s\r"]);
  assert.equal(told.at(-1), false);
});

test("a command names until when the page waits, by the program's clock; one that came too late is sent once more", async () => {
  const { call } = await import("../../static/js/api.js");
  const sent = [];
  let clock = 5_000_000;
  globalThis.fetch = async (path, { method, headers }) => {
    sent.push([method, Number(headers["V3-Waits-Until"] ?? 0) - clock]);
    const late = path.endsWith("late") && sent.length < 4;
    return new Response(JSON.stringify(late ? { code: "too-late" } : {}), { status: late ? 409 : 200, headers: { "V3-Clock": String(clock) } });
  };
  await call("GET", "state");
  await call("POST", "runs", {}, 1000);
  clock += 60_000; // the page slept
  await call("POST", "late", {}, 1000);
  assert.deepEqual(sent.map(([method]) => method), ["GET", "POST", "POST", "POST"]);
  const [, first, behind, again] = sent.map(([, left]) => left);
  for (const left of [first, again]) assert.ok(left >= 999 && left < 2000, String(left));
  assert.ok(behind < -50_000, String(behind));
  await assert.rejects(call("POST", "late", {}, 1000).then(() => { sent.length = 0; }).then(() => call("POST", "late", {}, 1000)), { code: "too-late" });
});
