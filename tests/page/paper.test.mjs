import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser.mjs";

const { paperRule } = await import("../../static/checkup/paper.js");

/** The rule's string as a browser reads it. */
const read = (label) => {
  const rule = paperRule(/** @type {any} */ ({ checkup: null, currentDevice: () => label }));
  const [, inner] = /^@page \{ @bottom-left \{ content: "([^"<\n]*)"; \} \}$/.exec(rule) ?? [];
  return inner?.replace(/\\([0-9a-f]+) /g, (_, code) => String.fromCharCode(parseInt(code, 16)));
};

for (const label of ["v3-demo · 24012345", 'a"; } body { display: none }', "</style><meta http-equiv=refresh>", "\\", "a\nb"]) {
  test(`${JSON.stringify(label)} ends neither its string nor its style element`, () =>
    assert.equal(read(label), `${label} · V3 Diagnostics`));
}
