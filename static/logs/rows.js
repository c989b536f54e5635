// One line of a log as a row, and as text. Colour is never alone: each priority has its word or icon.
import { BOOT, el, icon } from "../js/dom.js";

/** @typedef {import("./store.js").Line} Line */

const WORDS = ["emergency", "alert", "critical", "error", "warning", "notice", "information", "debug"];
const TONES = ["bad", "bad", "bad", "bad", "warn", "", "", "debug"];
/** @type {Record<string, string>} */
const ICONS = { bad: "fail", warn: "warn" };
const MARKS = {
  lost: ["unlink", "bad"], back: ["link", "ok"], gap: ["warn", "bad"], skipped: ["skip", "warn"], turned: ["reload", "busy"],
  device: ["board", "warn"], end: ["stop", "off"], trouble: ["warn", "bad"],
};
/** Tones of known messages, by their severity. */
export const SEVERITIES = { fail: "bad", warn: "warn", info: "busy", unknown: "warn" };

/** @param {Line} line */
const toneOf = (line) => (line.priority === null ? "" : TONES[line.priority]);
/** @param {Line} line */
export const priorityWord = (line) => (line.priority === null ? "" : WORDS[line.priority]);
/** @param {Line} line
 * @returns {Meaning | null} */
export const meaning = (line) =>
  (line.signature ? BOOT.signatures[line.signature.id] ?? { title: line.signature.kind } : null);

/** The line as text.
 * @param {Line} line
 * @param {import("./clock.js").Clock} clock */
export function asText(line, clock) {
  const [date, time] = clock.moment(line);
  const known = meaning(line);
  const stamp = date ? `${date} ${time} ` : "";
  if (line.mark) return `${stamp}-- ${line.text} --`;
  return `${stamp}${priorityWord(line) ? `${priorityWord(line)} ` : ""}${line.full}${known ? `   [${known.title}]` : ""}`;
}

// Most lines are plain. Each is a copy of this row with other text, or a row that is out of sight now.
// `line` was cleaned when it came.
const PLAIN = el("div.log-row", { role: "option", "data-plain": true }, el("span.log-time", {}, "-", el("span.log-ms", {}, "-")),
  el("span.log-sign"), el("span.log-text", {}, el("span.log-unit", {}, "-"), "-"));

const plainCopy = () => /** @type {HTMLElement} */ (PLAIN.cloneNode(true));
/** @param {Node | null | undefined} node */
const textIn = (node) => /** @type {Text} */ (node);

/** @param {HTMLElement} row
 * @param {Line} line
 * @param {string} date
 * @param {string} time */
function plainRow(row, line, date, time) {
  const [stamp, , body] = /** @type {Iterable<HTMLElement>} */ (row.children);
  stamp.title = date;
  textIn(stamp.firstChild).data = time.slice(0, 8);
  textIn(stamp.lastChild?.firstChild).data = time.slice(8);
  textIn(body.firstChild?.firstChild).data = line.unit ? `${line.unit}: ` : "";
  textIn(body.lastChild).data = line.text;
  const tone = toneOf(line);
  if (tone) row.dataset.tone = tone;
  else delete row.dataset.tone;
  return row;
}

/** @param {Line} line
 * @param {RegExp | null} pattern */
export const isPlain = (line, pattern) => !line.mark && !line.signature && !pattern && !ICONS[toneOf(line)];

/** The line's row. `spare`: a plain row that may be used again.
 * @param {Line} line
 * @param {import("./clock.js").Clock} clock
 * @param {RegExp | null} pattern
 * @param {HTMLElement | null | undefined} spare */
export function rowOf(line, clock, pattern, spare) {
  const [date, time] = clock.moment(line);
  if (isPlain(line, pattern)) return plainRow(spare ?? plainCopy(), line, date, time);
  if (line.mark) {
    const [name, tone] = MARKS[line.mark] ?? ["info", "busy"];
    return el("div.log-row.log-mark", { role: "option", "data-tone": tone },
      el("span.log-time", { title: date }, time.slice(0, 8)), icon(name), el("span.log-text", {}, line.text));
  }
  const known = meaning(line);
  const tone = line.signature ? SEVERITIES[line.signature.severity] : toneOf(line);
  const sign = ICONS[tone] ?? (known ? "info" : null);
  return el("div.log-row", { role: "option", "data-tone": tone || false, "data-known": Boolean(known) },
    time ? el("span.log-time", { title: date }, time.slice(0, 8), el("span.log-ms", {}, time.slice(8))) : null,
    el("span.log-sign", {}, sign ? icon(sign) : null, tone && tone !== "busy" && line.priority !== null
      ? el("span.visually-hidden", {}, priorityWord(line)) : null),
    el("span.log-text", {},
      known ? el("span.log-known", {}, known.title) : null,
      line.unit ? el("span.log-unit", {}, `${line.unit}: `) : null, ...marked(line, pattern)));
}

/** The text with what was searched for set off.
 * @param {Line} line
 * @param {RegExp | null} pattern */
function marked(line, pattern) {
  if (!pattern) return [line.text];
  const parts = [];
  let done = 0;
  pattern.lastIndex = 0;
  for (const match of line.text.matchAll(pattern)) {
    if (!match[0] || parts.length > 40) break;
    parts.push(line.text.slice(done, match.index), el("mark", {}, match[0]));
    done = match.index + match[0].length;
  }
  parts.push(line.text.slice(done));
  return parts;
}
