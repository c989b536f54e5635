// What the page knows, in one place: link, results, what runs, the check-up. Changed only by
// loadState() and applyEvent(); renderers listen with on(). No DOM here.
import { BOOT } from "./dom.js";
import { deviceLabel } from "./format.js";

const RANK = ["fail", "warn", "unknown", "pass", "info", "skip"];
export const rank = (verdict) => RANK.indexOf(verdict);

/** A check-up as the page follows it.
 * @typedef {{checkup: string, diagnostics: string[], started_at?: string, done: Set<string>, finished: boolean,
 *   verdict?: string | null, duration_s?: number | null, cancelled?: boolean,
 *   not_kept?: {message: string, hint: string} | null, since?: Api["CheckupState"]["since"]}} FollowedCheckup */

export const state = {
  /** @type {Map<string, Api["Diagnostic"]>} */
  diagnostics: new Map(BOOT.diagnostics.map((item) => [item.id, item])),
  /** @type {Api["LinkStatus"]} */
  connection: BOOT.connection,
  /** The newest of each diagnostic.
   * @type {Map<string, Api["ResultOfRun"]>} */
  results: new Map(),
  /** By run id; since: ms since 1970.
   * @type {Map<string, Api["RunStarted"] & {since: number}>} */
  running: new Map(),
  /** @type {FollowedCheckup | null} */
  checkup: null,
  /** What the program says of the board at hand.
   * @type {Api["Headline"]} */
  headline: BOOT.headline,
  online: true,
};

const listeners = { link: [], row: [], board: [], drawn: [], stream: [], loaded: [], lost: [] };
export const on = (topic, listener) => listeners[topic].push(listener);
export const emit = (topic, value) => listeners[topic].forEach((listener) => listener(value));

/** The whole state as GET /api/v1/state gives it.
 * @param {Api["State"]} snapshot */
export function loadState(snapshot) {
  if (snapshot.catalogue !== BOOT.catalogue) return location.reload(); // its event came before this stream
  state.connection = snapshot.connection;
  state.results = new Map(snapshot.results.map((result) => [result.diagnostic, result]));
  state.running = new Map();
  snapshot.running.forEach(addRun);
  state.headline = snapshot.headline;
  state.checkup = snapshot.checkup ? checkupFrom(snapshot.checkup) : null;
  emit("link");
  for (const id of state.diagnostics.keys()) emit("row", id);
  emit("board", true); // at once: the page appears with all of it, and nothing moves
  emit("loaded");
}

function checkupFrom(data) {
  const waiting = new Set(data.pending ?? (data.done ? data.diagnostics.filter((id) => !data.done.includes(id)) : []));
  const finished = data.state === "finished";
  return {
    ...data, finished,
    done: new Set(data.diagnostics.filter((id) => finished || !waiting.has(id))),
  };
}

function addRun(data) {
  // The laptop's clock and the page's are the same machine's, but a tab may have slept: count from now at the latest.
  const started = new Date(data.started_at).getTime();
  state.running.set(data.run, { ...data, since: Number.isNaN(started) ? Date.now() : Math.min(started, Date.now()) });
}

const EVENTS = {
  connection(data) {
    const before = [currentId(), held()];
    state.connection = data;
    emit("link");
    if (currentId() !== before[0] || held() !== before[1]) refreshAll();
  },
  "run-started"(data) {
    addRun(data);
    emit("row", data.diagnostic);
    emit("board");
  },
  "run-finished"(data) {
    state.running.delete(data.run);
    if (data.shown) state.results.set(data.diagnostic, { ...data.result, run: data.run });
    if (data.not_kept && !data.checkup) emit("lost", data.not_kept);
    if (state.checkup && data.checkup === state.checkup.checkup) state.checkup.done.add(data.diagnostic);
    emit("row", data.diagnostic);
    emit("board");
  },
  "checkup-started"(data) {
    state.checkup = { ...data, done: new Set(), finished: false };
    refreshAll();
  },
  "checkup-finished"(data) {
    const known = state.checkup?.checkup === data.checkup ? state.checkup : { ...data, diagnostics: [], done: new Set() };
    state.checkup = { ...known, ...data, finished: true };
    refreshAll();
  },
  headline(data) {
    state.headline = data;
    emit("board");
  },
  "checkup-compared"(data) {
    const { checkup } = state;
    if (!checkup || checkup.checkup !== data.checkup) return;
    checkup.since = data.since;
    emit("board");
  },
  // The rows are the server's: a page with another catalogue is another page.
  "catalogue-reloaded"() {
    location.reload();
  },
};

export function applyEvent(kind, data) {
  EVENTS[kind]?.(data);
}

export const EVENT_KINDS = Object.keys(EVENTS);

export function refreshAll() {
  for (const id of state.diagnostics.keys()) emit("row", id);
  emit("board");
}

export function setOnline(online) {
  if (state.online === online) return;
  state.online = online;
  emit("stream");
  refreshAll();
}

/** Whether the link waits for a person: then nothing is started. */
export const held = () => state.connection.state === "blocked";

/** The device that is connected, else the one that was; null when there was none. */
export const knownDevice = () => state.connection.device ?? state.connection.last_device;

/** Its label, or "". */
export const currentDevice = () => deviceLabel(knownDevice());

const currentId = () => knownDevice()?.device_id ?? "";

/** Whether the result is another board's than the one at hand. Labels are for eyes: two boards may have one. */
export function fromOther(result) {
  const current = currentId();
  return Boolean(current && result.device_id && result.device_id !== current);
}

/** The results that speak for the device at hand, worst first, then in the page's order. While a check-up
 *  runs, what it has yet to come to does not count. */
export function ownResults() {
  const order = [...state.diagnostics.keys()];
  return [...state.results.values()].filter((result) => !fromOther(result) && !awaited(result.diagnostic))
    .sort((a, b) => rank(a.verdict) - rank(b.verdict) || order.indexOf(a.diagnostic) - order.indexOf(b.diagnostic));
}

export const runOf = (id) => [...state.running.values()].find((run) => run.diagnostic === id);

/** Whether the running check-up will still come to this diagnostic. */
export function awaited(id) {
  const { checkup } = state;
  return checkup !== null && !checkup.finished && checkup.diagnostics.includes(id) && !checkup.done.has(id);
}

export const checkupRunning = () => state.checkup !== null && !state.checkup.finished;
