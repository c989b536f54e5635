// Links from a finding to Logs and Live at its moment. A kernel message names its seconds since boot. Pure.

const KERNEL = /\[ *(\d{1,9}\.\d{1,6})\] ?(.+)/;
/** @type {Record<string, {source: string, boot?: string}>} */
const LOGS = { "kernel-log": { source: "kernel" }, "journal-errors": { source: "journal" }, "previous-boot": { source: "journal", boot: "-1" } };
const APART_MS = 3600000; // an uptime of longer ago may be of another boot

/** None where the evidence is no line of a log. uptime: the result of that diagnostic; page: the board's path.
 * @param {Pick<Finding, "evidence">} finding
 * @param {Result} result
 * @param {Result | undefined} uptime
 * @param {string} page */
export function momentLinks({ evidence = "" }, result, uptime, page) {
  const log = LOGS[result.diagnostic];
  const line = evidence.split("\n").find((each) => each.trim()) ?? "";
  const stamped = KERNEL.exec(line);
  if (!stamped && (!log || /^\w+ = /.test(line) || !line)) return [];
  const at = stamped && log?.boot === undefined ? momentOf(Number(stamped[1]), result, uptime) : null;
  const text = (stamped ? stamped[2] : line).trim().slice(0, 120);
  const base = page.replace(/\/?$/, "/");
  const query = new URLSearchParams({ ...(log ?? LOGS["kernel-log"]), ...(at ? { at } : {}), text });
  const links = [{ word: "Logs at that moment", href: `${base}logs?${query}` }];
  if (at) links.push({ word: "Live at that moment", href: `${base}live?${new URLSearchParams({ at })}` });
  return links;
}

/** By the laptop's clock; null where it is not known.
 * @param {number} seconds
 * @param {Result} result
 * @param {Result | undefined} uptime */
function momentOf(seconds, result, uptime) {
  const [ran, told] = [Date.parse(result.started_at ?? ""), Date.parse(uptime?.started_at ?? "")];
  const up = uptime?.reading?.uptime_s;
  if (typeof up !== "number" || !(Math.abs(ran - told) < APART_MS) || uptime?.device_id !== result.device_id) return null;
  const booted = told - up * 1000;
  const at = booted + seconds * 1000;
  return at <= ran + 1000 ? new Date(at).toISOString() : null;
}
