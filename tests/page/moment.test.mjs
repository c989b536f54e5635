// From a finding with a time to Logs and Live at that moment.
import assert from "node:assert/strict";
import { test } from "node:test";
import { momentLinks } from "../../static/checkup/moment.js";

const result = { diagnostic: "kernel-log", started_at: "2026-11-28T10:00:05.000Z", device_id: "a-1" };
const uptime = { started_at: "2026-11-28T10:00:00.000Z", device_id: "a-1", reading: { uptime_s: 1000 } };
const finding = { evidence: "<3>[  400.500000] soctherm: OC ALARM 0x1\nmore" };
const links = (...more) => momentLinks(...more).map(({ href }) => new URL(href, "http://here"));

test("a kernel message leads to its line and to the charts of that second", () => {
  const [logs, live] = links(finding, result, uptime, "/");
  assert.equal(logs.pathname, "/logs");
  assert.deepEqual(Object.fromEntries(logs.searchParams),
    { source: "kernel", at: "2026-11-28T09:50:00.500Z", text: "soctherm: OC ALARM 0x1" });
  assert.equal(live.href, "http://here/live?at=2026-11-28T09%3A50%3A00.500Z");
  assert.equal(links(finding, result, uptime, "/bays/usb-1")[0].pathname, "/bays/usb-1/logs");
});

test("without a sure time there is the line and no chart", () => {
  const unsure = [undefined, { ...uptime, device_id: "b-2" }, { ...uptime, started_at: "2026-11-28T08:00:00Z" },
    { ...uptime, reading: { uptime_s: 100 } }, { ...uptime, reading: null }];
  for (const up of unsure) assert.deepEqual(links(finding, result, up, "/").map((url) => url.pathname), ["/logs"]);
  const [before] = links(finding, { ...result, diagnostic: "previous-boot" }, uptime, "/");
  assert.equal(before.searchParams.get("boot"), "-1");
});

test("evidence that is no line of a log leads nowhere", () => {
  for (const evidence of ["", "count = 4", undefined]) {
    assert.deepEqual(momentLinks({ evidence }, { ...result, diagnostic: "journal-errors" }, uptime, "/"), []);
  }
  assert.deepEqual(momentLinks({ evidence: "can0 state ERROR-PASSIVE" }, { ...result, diagnostic: "can-bus" }, uptime, "/"), []);
});
