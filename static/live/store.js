// The samples this page has of a board, as columns, and what is known about them. No DOM.
// at: seconds since 1970; values and counts: key -> array as long as at; null is not said.

/** One sample as the feed tells it; what was not said is absent.
 * @typedef {{seq: number, at: number, gap: string, gap_code: Api["LiveSamples"]["gap_codes"][string],
 *   values: Record<string, number>, counts: Record<string, number>}} Sample */

const MOST = 20000;
const SPARE = 2000; // dropped from the front at once, so that it is not done for every sample

/** @param {Sample} sample
 * @returns {Api["LiveSamples"]} */
function asColumns(sample) {
  /** @param {Record<string, number>} row */
  const column = (row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, [value]]));
  return {
    history: "", seq: [sample.seq], at: [sample.at], gaps: sample.gap ? { [sample.seq]: sample.gap } : {},
    gap_codes: { [sample.seq]: sample.gap_code },
    values: column(sample.values), counts: column(sample.counts),
  };
}

/** @param {Map<string, (number | null)[]>} columns
 * @param {Record<string, (number | null)[]>} more
 * @param {number} first
 * @param {number} had
 * @param {number} added */
function extend(columns, more, first, had, added) {
  for (const key of Object.keys(more)) if (!columns.has(key)) columns.set(key, new Array(had).fill(null));
  for (const [key, column] of columns) {
    const from = more[key];
    for (let i = 0; i < added; i += 1) column.push(from ? from[first + i] ?? null : null);
  }
}

export class Store {
  /** @type {Api["Live"]} */
  about = {
    revision: 0, history: "", state: "off", why: "", interval_s: 1, last_seq: 0, device: null,
    charts: [], counters: [], markers: [],
  };
  seq = 0;
  /** @type {number[]} */
  at = [];
  /** @type {{at: number, why: string, code: string}[]} */
  gaps = [];
  /** @type {Map<string, (number | null)[]>} */
  values = new Map();
  /** @type {Map<string, (number | null)[]>} */
  counts = new Map();
  /** @type {Record<"about" | "samples" | "fresh", (() => void)[]>} */
  listeners = { about: [], samples: [], fresh: [] };
  /** @type {Promise<void> | null} */
  asking = null;
  askAgain = false;

  /** @param {ApiOfBay} api of the board's bay */
  constructor(api) {
    this.api = api;
  }

  /** @param {"about" | "samples" | "fresh"} topic
   * @param {() => void} listener */
  on(topic, listener) {
    this.listeners[topic].push(listener);
  }

  /** @param {"about" | "samples" | "fresh"} topic */
  emit(topic) {
    this.listeners[topic].forEach((listener) => listener());
  }

  /** Fetches what is missing. Called at each beginning of the stream, and when a number is left out. */
  async resync() {
    if (this.asking) { this.askAgain = true; return; }
    this.asking = this.fetchMissing().catch(() => {}).finally(() => {
      this.asking = null;
      if (this.askAgain) { this.askAgain = false; this.resync(); }
    });
  }

  async fetchMissing() {
    this.setAbout(await this.api.live());
    const columns = await this.api.liveSamples(this.seq);
    if (columns.history === this.about.history) this.append(columns);
    else this.askAgain = true;
  }

  /** An event of the feed.
   * @param {string} kind
   * @param {unknown} data */
  receive(kind, data) {
    if (kind === "live") this.setAbout(/** @type {Api["Live"]} */ (data));
    else if (kind === "marker") this.addMarker(/** @type {Api["LiveMarker"]} */ (data));
    else if (kind === "sample") this.take(/** @type {Sample} */ (data));
  }

  /** @param {Sample} sample */
  take(sample) {
    if (sample.seq <= this.seq) return;
    if (sample.seq > this.seq + 1 || this.asking) this.resync();
    else this.append(asColumns(sample));
  }

  /** @param {Api["Live"]} about */
  setAbout(about) {
    if (about.revision < this.about.revision) return; // an answer that was overtaken by an event
    if (about.history !== this.about.history) this.clear(); // another device, or the program was restarted
    this.about = about;
    this.emit("about");
  }

  clear() {
    this.seq = 0;
    this.at = [];
    this.gaps = [];
    this.values.clear();
    this.counts.clear();
    this.emit("fresh");
  }

  /** @param {Api["LiveMarker"]} marker */
  addMarker(marker) {
    if (this.about.markers.some((each) => each.id === marker.id)) return;
    this.about.markers.push(marker);
    this.emit("about");
  }

  /** @param {Api["LiveSamples"]} columns */
  append(columns) {
    const first = columns.seq.findIndex((seq) => seq > this.seq);
    if (first < 0) return;
    const had = this.at.length;
    const added = columns.seq.length - first;
    for (let i = first; i < columns.seq.length; i += 1) {
      this.at.push(columns.at[i] / 1000);
      const why = columns.gaps[columns.seq[i]];
      if (why) this.gaps.push({ at: columns.at[i] / 1000, why, code: columns.gap_codes[columns.seq[i]] });
    }
    for (const kind of /** @type {const} */ (["values", "counts"])) extend(this[kind], columns[kind], first, had, added);
    this.seq = columns.seq.at(-1) ?? this.seq;
    this.shorten();
    this.emit("samples");
  }

  shorten() {
    if (this.at.length <= MOST) return;
    const drop = this.at.length - MOST + SPARE;
    this.at.splice(0, drop);
    for (const column of [...this.values.values(), ...this.counts.values()]) column.splice(0, drop);
    this.gaps = this.gaps.filter((gap) => gap.at >= this.at[0]);
  }

  /** When the gap that begins here ends: at the sample after it, or not yet.
   * @param {{at: number}} gap
   * @returns {number | undefined} */
  endOf(gap) {
    return this.at[this.placeOf(gap.at + 0.0005)];
  }

  /** The first place in `at` that is not before this time.
   * @param {number} time */
  placeOf(time) {
    let low = 0;
    let high = this.at.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
