// What the page knows of the board in one bay: link, results, what runs, the check-up. Changed only by loadState()
// and applyEvent(); renderers listen with on(). No DOM here.
import { apiOf } from "./api.js";
import { BOOT, WORDS } from "./dom.js";

/** 0 for the worst.
 * @param {Verdict} verdict */
export const rank = (verdict) => WORDS.worst_first.indexOf(verdict);

/** How each event of the stream changes what is known.
 * @type {{[kind in keyof BoardEvents]: (state: BoardState, data: BoardEvents[kind]) => void}} */
const EVENTS = {
  connection(state, data) {
    const before = [state.currentId(), state.held()];
    state.connection = data;
    state.emit("link");
    if (state.currentId() !== before[0] || state.held() !== before[1]) state.refreshAll();
    // A board gets another identity when its serial number is learned. The program knows whose the results are.
    if (state.currentId() !== before[0] && [...state.results.values()].some((result) => state.fromOther(result))) state.emit("whose");
  },
  "run-started"(state, data) {
    state.addRun(data);
    state.emit("row", data.diagnostic);
    state.emit("board");
  },
  "run-finished"(state, data) {
    state.running.delete(data.run);
    if (data.shown) state.results.set(data.diagnostic, { ...data.result, run: data.run, labels: data.labels });
    if (data.not_kept && !data.checkup) state.emit("lost", data.not_kept);
    if (!data.checkup) state.emit("ran", data);
    if (state.checkup && data.checkup === state.checkup.checkup) state.checkup.done.add(data.diagnostic);
    state.emit("row", data.diagnostic);
    state.emit("board");
  },
  "checkup-started"(state, data) {
    state.checkup = { ...data, done: new Set(), finished: false };
    state.refreshAll();
  },
  "checkup-finished"(state, data) {
    const same = state.checkup?.checkup === data.checkup;
    const known = same ? state.checkup : null;
    state.checkup = { diagnostics: [], done: new Set(), ...known, ...data, finished: true };
    state.ended = state.checkup.checkup;
    state.refreshAll();
  },
  headline(state, data) {
    const before = new Set(state.headline.unchecked), now = new Set(data.unchecked);
    state.headline = data;
    for (const id of before.symmetricDifference(now)) state.emit("row", id);
    state.emit("board");
  },
  "checkup-compared"(state, data) {
    const { checkup } = state;
    if (!checkup || checkup.checkup !== data.checkup) return;
    checkup.since = data.since;
    state.emit("board");
  },
  // The rows are the server's: a page with another catalogue is another page.
  "catalogue-reloaded"() {
    location.reload();
  },
};
export const EVENT_KINDS = /** @type {(keyof BoardEvents)[]} */ (Object.keys(EVENTS));

// Until the program has told something of the board.
/** @type {Api["Headline"]} */
const NO_HEADLINE = { code: "none", verdict: null, title: "", line: "", note: "", rest: [], unchecked: [], diagnoses: [], last: null };
const UNTOLD = /** @type {Api["LinkStatus"]} */ (/** @type {unknown} */ ({
  state: "idle", address: "",
  view: { icon: "link", tone: "off", word: "", details: [], name: "", release: "", key: "", banner: null, panel: "", facts: [] },
}));

export class BoardState {
  /** boot: what the page came with, if it came with this bay's.
   * @param {string} bay
   * @param {Partial<Boot>} boot */
  constructor(bay, boot = {}) {
    this.bay = bay;
    this.readOnly = Boolean(boot.read_only);
    this.api = apiOf(bay);
    /** @type {Map<string, Row>} */
    this.diagnostics = new Map((boot.diagnostics ?? BOOT.diagnostics).map((item) => [item.id, { ...item }]));
    this.connection = boot.connection ?? UNTOLD;
    /** The newest of each diagnostic.
     * @type {Map<string, Result>} */
    this.results = new Map();
    /** By run id; since: ms since 1970.
     * @type {Map<string, Api["RunStarted"] & {since: number}>} */
    this.running = new Map();
    /** @type {FollowedCheckup | null} */
    this.checkup = null;
    /** The check-up whose end was told by an event, not by a snapshot.
     * @type {string | null} */
    this.ended = null;
    /** What the program says of the board at hand.
     * @type {Api["Headline"]} */
    this.headline = boot.headline ?? NO_HEADLINE;
    this.online = true;
    /** Whether the page came with the results drawn. Until they are known (told) it stays as it is then. */
    this.drawn = Boolean(boot.drawn);
    this.told = !this.drawn;
    /** @type {Record<keyof Topics, ((value?: any) => void)[]>} */
    this.listeners = { link: [], row: [], board: [], drawn: [], stream: [], loaded: [], lost: [], ran: [], whose: [] };
  }

  /** @template {keyof Topics} T
   * @param {T} topic
   * @param {(value: Topics[T]) => void} listener */
  on(topic, listener) {
    this.listeners[topic].push(listener);
  }

  /** @template {keyof Topics} T
   * @param {T} topic
   * @param {Topics[T]} [value] */
  emit(topic, value) {
    if (!this.told && (topic === "row" || topic === "board")) return;
    this.listeners[topic].forEach((listener) => listener(value));
  }

  /** The whole state as GET …/state gives it.
   * @param {Api["State"]} snapshot */
  loadState(snapshot) {
    const other = BOOT.catalogue && snapshot.catalogue !== BOOT.catalogue; // "": a page without rows
    if (other) return location.reload(); // its event came before this stream
    this.told = true;
    this.connection = snapshot.connection;
    this.results = new Map(snapshot.results.map((result) => [result.diagnostic, result]));
    this.running = new Map();
    snapshot.running.forEach((run) => this.addRun(run));
    this.headline = snapshot.headline;
    this.checkup = snapshot.checkup ? checkupFrom(snapshot.checkup) : null;
    this.emit("link");
    for (const id of this.diagnostics.keys()) this.emit("row", id);
    this.emit("board", !this.drawn); // a page that waited for the results appears with all of them
    this.emit("loaded");
  }

  /** @param {Api["RunStarted"]} data */
  addRun(data) {
    // The laptop's clock and the page's are the same, but a tab may have slept. Count from now at the latest.
    const started = new Date(data.started_at).getTime();
    this.running.set(data.run, { ...data, since: Number.isNaN(started) ? Date.now() : Math.min(started, Date.now()) });
  }

  /** @template {keyof BoardEvents} K
   * @param {K} kind
   * @param {BoardEvents[K]} data */
  applyEvent(kind, data) {
    EVENTS[kind]?.(this, data);
  }

  refreshAll() {
    for (const id of this.diagnostics.keys()) this.emit("row", id);
    this.emit("board");
  }

  /** @param {boolean} online */
  setOnline(online) {
    if (this.online === online) return;
    this.online = online;
    this.emit("stream");
    this.refreshAll();
  }

  /** Whether the link waits for a person: then nothing is started. */
  held() {
    return this.connection.state === "blocked";
  }

  /** The device that is connected, else the one that was; null when there was none, or while another one's key is a
   *  question. */
  knownDevice() {
    const { device, last_device: before, view } = this.connection;
    return device ?? (view.panel === "trust" ? null : before);
  }

  /** Its label, or "". */
  currentDevice() {
    return this.knownDevice()?.label ?? "";
  }

  currentId() {
    return this.knownDevice()?.device_id ?? "";
  }

  /** Whether the result is another board's than the one at hand. Labels are for eyes: two boards may have one.
   * @param {{device_id: string | null}} result */
  fromOther(result) {
    const current = this.currentId();
    return Boolean(current && result.device_id && result.device_id !== current);
  }

  /** The results that speak for the device at hand, worst first, then in the page's order. While a check-up
   *  runs, what it has yet to come to does not count. */
  ownResults() {
    const order = [...this.diagnostics.keys()];
    return [...this.results.values()]
      .filter((result) => !this.fromOther(result) && !this.awaited(result.diagnostic))
      .sort((a, b) => rank(a.verdict) - rank(b.verdict) || order.indexOf(a.diagnostic) - order.indexOf(b.diagnostic));
  }

  /** @param {string} id */
  runOf(id) {
    return [...this.running.values()].find((run) => run.diagnostic === id);
  }

  /** Whether the running check-up will still come to this diagnostic.
   * @param {string} id */
  awaited(id) {
    const { checkup } = this;
    return checkup !== null && !checkup.finished && checkup.diagnostics.includes(id) && !checkup.done.has(id);
  }

  /** What a check-up that was cut off did not come to. Where that is all of it, a new one does the same. */
  rest() {
    const { rest } = this.headline;
    return this.checkupRunning() || rest.length === this.checkup?.diagnostics.length ? [] : rest;
  }

  checkupRunning() {
    return this.checkup !== null && !this.checkup.finished;
  }
}

/** @param {Api["CheckupState"]} data
 * @returns {FollowedCheckup} */
function checkupFrom(data) {
  const waiting = new Set(data.pending);
  const finished = data.state !== "running";
  return {
    ...data, finished,
    done: new Set(data.diagnostics.filter((id) => finished || !waiting.has(id))),
  };
}

/** The board that the page was made for. */
export const state = new BoardState(BOOT.bay, BOOT);
