// One line of a log as a row, and as text. Colour is never alone: each priority has its word or icon.
import { BOOT, el, icon } from "../js/dom.js";

const WORDS = ["emergency", "alert", "critical", "error", "warning", "notice", "information", "debug"];
const TONES = ["bad", "bad", "bad", "bad", "warn", "", "", "debug"];
const ICONS = { bad: "fail", warn: "warn" };
const MARKS = {
  lost: ["unlink", "bad"], back: ["link", "ok"], gap: ["warn", "bad"], skipped: ["skip", "warn"], turned: ["reload", "busy"],
  device: ["board", "warn"], end: ["stop", "off"], trouble: ["warn", "bad"],
};
const SEVERITIES = { fail: "bad", warn: "warn", info: "busy", unknown: "warn" };

export const priorityWord = (line) => (line.priority === null ? "" : WORDS[line.priority]);
export const meaning = (line) =>
  (line.signature ? BOOT.signatures[line.signature.id] ?? { title: line.signature.kind } : null);

/** clock: see clock.js. */
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

function plainRow(row, line, date, time) {
  const [stamp, , body] = row.childNodes;
  stamp.title = date;
  stamp.firstChild.data = time.slice(0, 8);
  stamp.lastChild.firstChild.data = time.slice(8);
  body.firstChild.firstChild.data = line.unit ? `${line.unit}: ` : "";
  body.lastChild.data = line.text;
  if (TONES[line.priority]) row.dataset.tone = TONES[line.priority];
  else delete row.dataset.tone;
  return row;
}

export const isPlain = (line, pattern) => !line.mark && !line.signature && !pattern && !ICONS[TONES[line.priority]];

/** The line's row. `spare`: a plain row that may be used again. */
export function rowOf(line, clock, pattern, spare) {
  const [date, time] = clock.moment(line);
  if (isPlain(line, pattern)) return plainRow(spare ?? PLAIN.cloneNode(true), line, date, time);
  if (line.mark) {
    const [name, tone] = MARKS[line.mark] ?? ["info", "busy"];
    return el("div.log-row.log-mark", { role: "option", "data-tone": tone },
      el("span.log-time", { title: date }, time.slice(0, 8)), icon(name), el("span.log-text", {}, line.text));
  }
  const known = meaning(line);
  const tone = known ? SEVERITIES[line.signature.severity] : TONES[line.priority] ?? "";
  const sign = ICONS[tone] ?? (known ? "info" : null);
  return el("div.log-row", { role: "option", "data-tone": tone || false, "data-known": Boolean(known) },
    time ? el("span.log-time", { title: date }, time.slice(0, 8), el("span.log-ms", {}, time.slice(8))) : null,
    el("span.log-sign", {}, sign ? icon(sign) : null, tone && tone !== "busy" && line.priority !== null
      ? el("span.visually-hidden", {}, priorityWord(line)) : null),
    el("span.log-text", {},
      known ? el("span.log-known", {}, known.title) : null,
      line.unit ? el("span.log-unit", {}, `${line.unit}: `) : null, ...marked(line, pattern)));
}

/** The text with what was searched for set off. */
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
