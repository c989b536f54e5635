// The lines that the page keeps, in order, and those of them that are shown. No DOM, no network.
import { clean } from "../js/dom.js";

/** A line as the page keeps it. own: a word of the page's; full: what filters and searches look at.
 * @typedef {Api["LogLine"] & {full: string, own?: boolean}} Line */

export const MOST = 100000;
const SPARE = 10000; // trimmed in one go, so that trimming is rare

/** What is typed into a filter as a test of text: words as they stand, or /regex/. null: nothing typed;
 *  {error} when it is no regular expression.
 * @param {string} typed
 * @returns {RegExp | {error: string} | null} */
export function compile(typed) {
  const text = typed.trim();
  if (!text) return null;
  const regex = /^\/(.+)\/(i?)$/.exec(text);
  try {
    return new RegExp(regex ? regex[1] : text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), regex && !regex[2] ? "g" : "gi");
  } catch (error) {
    return { error: /** @type {Error} */ (error).message };
  }
}

/** @param {RegExp} pattern
 * @param {Line} line */
export function fits(pattern, line) {
  pattern.lastIndex = 0;
  return pattern.test(line.full);
}

export class Store {
  constructor() {
    /** @type {Line[]} */
    this.all = [];
    this.view = this.all; // the same array where nothing is filtered
    this.last = 0; // number of the newest line of the device's log
    this.known = 0;
    /** @type {RegExp | null} */
    this.test = null;
    this.knownOnly = false;
    this.dropped = 0; // lines that were here and are no longer kept
  }

  /** Number of the oldest line of the device's log that is here; behind the newest one where none is. */
  get first() {
    return this.all.find((line) => line.seq)?.seq ?? this.last + 1;
  }

  /** What the lines of these numbers mean now.
   * @param {Api["LogLine"][]} lines */
  resign(lines) {
    const now = new Map(lines.map((line) => [line.seq, line.signature]));
    for (const line of this.all) if (now.has(line.seq)) line.signature = now.get(line.seq) ?? null;
  }

  clear() {
    this.all = [];
    this.last = this.known = this.dropped = 0;
    this.refilter();
  }

  /** Lines as the API gives them. Answers how many of the oldest shown were dropped.
   * @param {(Api["LogLine"] & {own?: boolean})[]} lines */
  add(lines) {
    const fresh = lines.map(shaped);
    for (const line of fresh) {
      this.all.push(line);
      if (line.signature) this.known += 1;
      if (line.seq) this.last = line.seq;
      if (this.view !== this.all && this.shows(line)) this.view.push(line);
    }
    return this.all.length > MOST + SPARE ? this.trim() : 0;
  }

  /** A word of the page's own among the lines.
   * @param {Line["mark"]} mark
   * @param {string} text */
  mark(mark, text) {
    this.add([{ seq: 0, time_ms: Date.now(), priority: null, unit: "", text, signature: null, mark, own: true }]);
  }

  trim() {
    const gone = this.all.splice(0, this.all.length - MOST);
    this.dropped += gone.length;
    this.known -= gone.filter((line) => line.signature).length;
    if (this.view === this.all) return gone.length;
    const old = new Set(gone);
    const keep = this.view.findIndex((line) => !old.has(line));
    return this.view.splice(0, keep < 0 ? this.view.length : keep).length;
  }

  /** @param {Line} line */
  shows(line) {
    if (line.mark) return true;
    return (!this.knownOnly || Boolean(line.signature)) && (!this.test || fits(this.test, line));
  }

  /** @param {RegExp | null} test
   * @param {boolean} knownOnly */
  filter(test, knownOnly) {
    this.test = test;
    this.knownOnly = knownOnly;
    this.refilter();
  }

  refilter() {
    this.view = this.test || this.knownOnly ? this.all.filter((line) => this.shows(line)) : this.all;
  }
}

/** The line with its text as it may be shown; `full` is what filters and searches look at.
 * @param {Api["LogLine"]} line */
function shaped(line) {
  const shown = clean(line.text).replaceAll("\t", "    ").replaceAll("\n", "⏎");
  const unit = clean(line.unit);
  return { ...line, unit, text: shown, full: unit ? `${unit}: ${shown}` : shown };
}
