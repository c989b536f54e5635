// The event stream of one board. It loads the whole state while it is being opened, and again if something happened
// in between. The browser resumes a broken stream after the last event it saw (Last-Event-ID). A stream that the
// browser gave up, or that fell silent, is opened again. A tab that is hidden for a while closes its stream: a browser
// has six connections to a server.
//
// It may carry feeds (samples, log lines, terminals). Their events have no number: `resync` is called each time some
// of them may have been missed.
import { baseOf } from "./api.js";
import { EVENT_KINDS } from "./state.js";

const HIDDEN_MS = 30000;
const PAGE_BEAT_MS = 20000;
const GRACE_MS = 700; // a stream that the server ended in good order is back by then
const AWAY = ["station-away", "lab-away", "no-answer"]; // of a board at another bench
const RETRY_MS = [500, 1000, 2000, 3000, 5000];

/** Start it. `trouble(kind)` is told "stopped", "full" or "away" when the stream cannot be had, "" when it is back.
 * @param {Board} state
 * @param {(kind: Trouble) => void} trouble
 * @param {Partial<Watch>} [watch] feeds; resync is called whenever something of them may have been missed, also at
 *   the start */
export function startStream(state, trouble, watch = {}) {
  /** @type {EventSource | null} */
  let source = null;
  /** Events that came before the state; null once it is there.
   * @type {MessageEvent[] | null} */
  let waiting = null;
  /** The state that was asked for with the stream.
   * @type {Promise<Api["State"] | null> | null} */
  let asked = null;
  let attempts = 0;
  let quietMs = 12000;
  /** @type {(number | undefined)[]} */
  let [silence, retry, hiding, beating, doubt] = [];
  /** @type {object | null} */
  let opening = null; // while the names of the feeds are asked for
  /** @type {Watch} */
  const feeds = { names: [], kinds: [], receive() {}, resync() {}, ...watch };

  /** Results are a hundred times as large as all else; a page without rows shows none. */
  const whole = () => state.api.state(state.diagnostics.size > 0);

  function open() {
    close();
    waiting = [];
    const early = asked = whole().catch(() => null);
    early.then((snapshot) => snapshot && asked === early && waiting && state.loadState(snapshot));
    if (typeof feeds.names !== "function") return connect(feeds.names);
    const mine = opening = {};
    feeds.names().then((names) => opening === mine && connect(names), () => opening === mine && again());
  }

  /** @param {string[]} names */
  function connect(names) {
    opening = null;
    const query = new URLSearchParams([["bay", state.bay], ...names.map((name) => ["feed", name])]);
    const opened = new EventSource(`${baseOf(state.bay)}events?${query}`);
    source = opened;
    opened.addEventListener("hello", (event) => hello(opened, JSON.parse(event.data)));
    opened.addEventListener("beat", alive);
    opened.addEventListener("reset", load);
    for (const kind of EVENT_KINDS) opened.addEventListener(kind, received);
    for (const kind of feeds.kinds) opened.addEventListener(kind, fed);
    opened.addEventListener("feed-reset", () => feeds.resync());
    opened.addEventListener("error", () => source === opened && broken(opened));
    expect();
  }

  /** A greeting comes at the start of the stream and each time the browser resumed it.
   * @param {EventSource} opened
   * @param {{stream: string, beat_s: number, last_id: number}} told */
  function hello(opened, { stream, beat_s: beat, last_id: last }) {
    if (beat) quietMs = beat * 2000 + 2000;
    alive();
    clearInterval(beating);
    const give = () => state.api.beat(`streams/${encodeURIComponent(stream)}/beat`).catch(() => {});
    give();
    beating = setInterval(give, PAGE_BEAT_MS);
    if (source !== opened) return;
    feeds.resync();
    if (waiting) settle(last);
  }

  /** The state that came early is the page's if nothing had happened after it when the stream began.
   * @param {number} last */
  async function settle(last) {
    const opened = source;
    const snapshot = await asked;
    if (source !== opened || !waiting) return;
    if (snapshot && snapshot.last_event_id >= last) caughtUp(snapshot);
    else load();
  }

  /** What happened after the snapshot follows it.
   * @param {Api["State"]} snapshot */
  function caughtUp(snapshot) {
    const late = (waiting ?? []).filter((event) => Number(event.lastEventId) > snapshot.last_event_id);
    waiting = null;
    late.forEach(apply);
  }

  /** Fetch the state; what happens meanwhile is kept and applied after it. */
  async function load() {
    const opened = source;
    waiting ??= [];
    try {
      const snapshot = await whole();
      if (source !== opened) return;
      state.loadState(snapshot);
      caughtUp(snapshot);
    } catch {
      if (source === opened) again();
    }
  }

  /** @param {MessageEvent} event */
  function received(event) {
    alive();
    if (waiting) waiting.push(event);
    else apply(event);
  }

  /** @param {MessageEvent} event */
  function fed(event) {
    alive();
    feeds.receive(event.type, JSON.parse(event.data));
  }

  /** @param {MessageEvent} event */
  const apply = (event) => state.applyEvent(/** @type {keyof BoardEvents} */ (event.type), JSON.parse(event.data));

  function alive() {
    attempts = 0;
    clearTimeout(doubt);
    state.setOnline(true);
    trouble("");
    expect();
  }

  function expect() {
    clearTimeout(silence);
    silence = setTimeout(silent, quietMs);
  }

  /** Nothing comes though nothing broke: the program may stand still, or the laptop slept. */
  function silent() {
    again();
    clearTimeout(doubt);
    doubt = setTimeout(sayWhy, RETRY_MS[0] + 2 * GRACE_MS);
  }

  /** The connection broke. The browser tries again by itself unless it has given up.
   * @param {EventSource} opened */
  function broken(opened) {
    clearInterval(beating);
    clearTimeout(doubt);
    doubt = setTimeout(sayWhy, GRACE_MS);
    if (opened.readyState === EventSource.CLOSED) again();
  }

  async function sayWhy() {
    const code = await state.api.connection().then(() => "", (error) => error.code);
    if (source?.readyState === EventSource.OPEN) return;
    if (code === "login-required") location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    const why = code === "page-offline" ? "stopped" : AWAY.includes(code) ? "away" : "full";
    state.setOnline(why === "full");
    trouble(why);
  }

  /** Give this stream up and open another one, less and less often. */
  function again() {
    close();
    const wait = RETRY_MS[Math.min(attempts, RETRY_MS.length - 1)];
    attempts += 1;
    if (attempts > 1) sayWhy();
    retry = setTimeout(open, wait);
  }

  function close() {
    for (const timer of [silence, retry]) clearTimeout(timer);
    clearInterval(beating);
    source?.close();
    source = opening = asked = null;
  }

  function visibility() {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(close, HIDDEN_MS);
    else if (!source) open();
  }

  document.addEventListener("visibilitychange", visibility);
  state.on("whose", load);
  open();
  return { reopen: open };
}
