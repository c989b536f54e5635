// The lines' way to the page: open the log, take what the stream brings, fetch what it did not. One log is
// of one device: another device's lines never come behind them unasked.
import { plural } from "../js/format.js";
import { reopen } from "../js/frame.js";

const PAGE = 5000;

export class Feed {
  /** The source, as POST /api/v1/logs takes it.
   * @type {LogSource | null} */
  wanted = null;
  /** The log as the server has it.
   * @type {Api["Log"] | null} */
  log = null;
  held = ""; // why nothing is asked for until a person says so
  filling = false;
  behind = false;

  /** told(what, more): "lines" (dropped: how many), "signs", "state", "held", "trouble" (error).
   * @param {Board} state
   * @param {import("./store.js").Store} store
   * @param {(what: string, more?: any) => void} told */
  constructor(state, store, told) {
    this.state = state;
    this.store = store;
    this.told = told;
  }

  /** Another source, or the same one once more, from its beginning.
   * @param {LogSource} wanted */
  follow(wanted) {
    Object.assign(this, { wanted, log: null, held: "" });
    this.store.clear();
    this.told("state");
    reopen();
  }

  /** What the page's stream is to watch (stream.js).
   * @returns {Watch} */
  watch() {
    return {
      kinds: ["log-lines", "log-state", "log-normal"], names: () => this.names(),
      receive: (kind, data) => this.receive(kind, data), resync: () => this.fill(),
    };
  }

  async names() {
    if (this.held || !this.wanted) return [];
    const { wanted, log: before } = this;
    if (before?.state === "ended") return []; // nothing comes of it, and a restarted program does not know it
    const here = this.state.currentDevice();
    if (before?.device && here && before.device !== here) {
      this.hold(`Another device is plugged in now: ${here}. These are the lines of ${before.device}.`);
      return [];
    }
    try {
      const log = await this.state.api.openLog(wanted);
      if (this.wanted !== wanted) return [];
      if (before && before.id !== log.id) this.anew();
      this.log = log;
      this.told("state");
      return [`log:${log.id}`];
    } catch (error) {
      const trouble = /** @type {ApiError} */ (error);
      if (trouble.code === "page-offline") throw error;
      this.held = trouble.message;
      this.told("trouble", trouble);
      return [];
    }
  }

  /** An event of the stream.
   * @param {string} kind
   * @param {Api["Log"] & {lines: Api["LogLine"][]}} data the log as it stands, or lines of it */
  receive(kind, data) {
    if (data.id !== this.log?.id) return;
    if (kind === "log-state") {
      this.accept(data);
      if (data.error?.code === "device-changed") this.held = data.note;
      this.told("state");
    } else if (kind === "log-normal") this.resign();
    else this.take(data.lines);
  }

  /** Somebody called messages normal for this board, or no longer: ask again what the lines here mean. */
  async resign() {
    const { log } = this;
    /** @type {number | null} */
    let after = this.store.first - 1;
    while (log && after !== null && this.log?.id === log.id) {
      const { lines } = await this.state.api.logLines(log.id, after, PAGE);
      this.store.resign(lines);
      after = lines.at(-1)?.seq ?? null;
    }
    this.told("signs");
  }

  /** What the stream told may be newer than what was asked for before and came after it.
   * @param {Api["Log"]} log */
  accept(log) {
    const known = this.log;
    if (!known || known.id !== log.id || log.revision >= known.revision) this.log = log;
  }

  /** @param {string} text */
  hold(text) {
    this.held = text;
    this.store.mark("device", text);
    this.told("held");
  }

  /** The program was restarted, or forgot the log: its numbers begin at 1 again. */
  anew() {
    this.store.last = 0;
    this.store.mark("gap", "The log begins again here: this program was restarted. Lines may be missing or come twice.");
    this.told("lines", 0);
  }

  /** @param {Api["LogLine"][]} lines */
  take(lines) {
    const fresh = lines.filter((line) => line.seq > this.store.last);
    if (!fresh.length) return;
    if (fresh[0].seq > this.store.last + 1) {
      this.behind = true;
      this.fill();
    } else this.told("lines", this.store.add(fresh));
  }

  /** Fetch what is missing, in pages; what the stream brings meanwhile is asked for too. */
  async fill() {
    const { log } = this;
    if (!log || this.filling) {
      this.behind = this.filling;
      return;
    }
    this.filling = true;
    try {
      do {
        this.behind = false;
        const answer = await this.state.api.logLines(log.id, this.store.last, PAGE);
        if (this.log?.id !== log.id) break;
        this.accept(answer.log);
        this.told("state");
        const [first] = answer.lines;
        const lost = first && this.store.last ? first.seq - this.store.last - 1 : 0;
        if (lost > 0) this.store.mark("gap", `${plural(lost, "line is", "lines are")} missing here: while they came, nobody could fetch them.`);
        if (first) this.told("lines", this.store.add(answer.lines.filter((line) => line.seq > this.store.last)));
        const newest = answer.lines.at(-1);
        this.behind ||= newest !== undefined && newest.seq < answer.log.last_seq;
      } while (this.behind);
    } catch {
      // the stream's next greeting asks again; a log that is gone is opened again with it
    } finally {
      this.filling = false;
    }
    if (this.log && this.log.id !== log.id) this.fill();
  }
}
