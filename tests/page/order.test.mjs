import assert from "node:assert/strict";
import { test } from "node:test";

import { inOrder } from "../../static/js/order.js";

test("an answer that a newer one has overtaken is not shown", async () => {
  const waiting = [];
  const ask = inOrder(() => new Promise((resolve) => waiting.push(resolve)));
  const [first, second, third] = [ask(), ask(), ask()];
  waiting[1]("second");
  assert.equal(await second, "second");
  waiting[0]("first");
  assert.equal(await first, undefined);
  waiting[2]("third");
  assert.equal(await third, "third");
});

test("a question that failed holds no other up", async () => {
  let fails = true;
  const ask = inOrder(async () => {
    if (fails) throw new Error("gone");
    return "here";
  });
  await assert.rejects(ask());
  fails = false;
  assert.equal(await ask(), "here");
});
