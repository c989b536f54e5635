// When a finding happened, as its evidence says, and the pages that show the board at that moment. Pure.
// A kernel message names its seconds since boot; with the uptime of the same board that is a time of the laptop's.

const KERNEL = /\[ *(\d{1,9}\.\d{1,6})\] ?(.+)/;
const LOGS = { "kernel-log": { source: "kernel" }, "journal-errors": { source: "journal" }, "previous-boot": { source: "journal", boot: "-1" } };
const TEXT = 120; // characters of the message that find its line
const APART_MS = 3600000; // an uptime of longer ago may be of another boot

/** The links to Logs and Live at the moment of a finding; none where its evidence is no line of a log.
 * @param {{evidence?: string}} finding
 * @param {{diagnostic: string, started_at?: string | null, device_id?: string | null}} result its diagnostic's
 * @param {any} uptime the result of the diagnostic "uptime", where there is one
 * @param {string} page the path of the board's own page
 * @returns {{word: string, href: string}[]} */
export function momentLinks({ evidence = "" }, result, uptime, page) {
  const log = LOGS[result.diagnostic];
  const line = evidence.split("\n").find((each) => each.trim()) ?? "";
  const stamped = KERNEL.exec(line);
  if (!stamped && (!log || /^\w+ = /.test(line) || !line)) return [];
  const at = stamped && log?.boot === undefined ? momentOf(Number(stamped[1]), result, uptime) : null;
  const text = (stamped ? stamped[2] : line).trim().slice(0, TEXT);
  const base = page.replace(/\/?$/, "/");
  const query = new URLSearchParams({ ...(log ?? LOGS["kernel-log"]), ...(at ? { at } : {}), text });
  const links = [{ word: "Logs at that moment", href: `${base}logs?${query}` }];
  if (at) links.push({ word: "Live at that moment", href: `${base}live?${new URLSearchParams({ at })}` });
  return links;
}

/** The time of the laptop's at which the board was up for so many seconds; null where that is not known. */
function momentOf(seconds, result, uptime) {
  const [ran, told] = [Date.parse(result.started_at ?? ""), Date.parse(uptime?.started_at ?? "")];
  const up = uptime?.reading?.uptime_s;
  if (typeof up !== "number" || !(Math.abs(ran - told) < APART_MS) || uptime.device_id !== result.device_id) return null;
  const booted = told - up * 1000;
  const at = booted + seconds * 1000;
  return at <= ran + 1000 ? new Date(at).toISOString() : null;
}
