// The lines' way to the page: open the log, take what the stream brings, fetch what it did not. One log is
// of one device: another device's lines never come behind them unasked.
import { api } from "../js/api.js";
import { state } from "../js/state.js";
import { reopen } from "../js/frame.js";

const PAGE = 5000;

export const feed = {
  /** The source, as POST /api/v1/logs takes it.
   * @type {{source: string} & Record<string, any> | null} */
  wanted: null,
  /** The log as the server has it.
   * @type {Api["Log"] & Record<string, any> | null} */
  log: null,
  held: "", // why nothing is asked for until a person says so
};
let store, told, filling = false, behind = false;

/** told(what): "lines" (dropped: how many), "state", "held", "trouble" (error). */
export function startFeed(lines, listener) {
  store = lines;
  told = listener;
}

/** Another source, or the same one once more, from its beginning. */
export function follow(wanted) {
  Object.assign(feed, { wanted, log: null, held: "" });
  store.clear();
  told("state");
  reopen();
}

export const watch = {
  kinds: ["log-lines", "log-state"],
  async names() {
    if (feed.held || !feed.wanted) return [];
    const { wanted, log: before } = feed;
    if (before?.state === "ended") return []; // nothing comes of it, and a program started anew knows it not
    const here = state.currentDevice();
    if (before?.device && here && before.device !== here) {
      hold(`Another device is plugged in now: ${here}. These are the lines of ${before.device}.`);
      return [];
    }
    try {
      const log = await api.openLog(wanted);
      if (feed.wanted !== wanted) return [];
      if (before && before.id !== log.id) anew();
      feed.log = log;
      told("state");
      return [`log:${log.id}`];
    } catch (error) {
      if (error.code === "page-offline") throw error;
      feed.held = error.message;
      told("trouble", error);
      return [];
    }
  },
  receive(kind, data) {
    if (data.id !== feed.log?.id) return;
    if (kind === "log-state") {
      accept(data);
      if (data.error?.code === "device-changed") feed.held = data.note;
      told("state");
    } else take(data.lines);
  },
  resync: () => fill(),
};

/** What the stream told may be newer than what was asked for before and came after it. */
function accept(log) {
  const known = feed.log;
  if (!known || known.id !== log.id || log.revision >= known.revision) feed.log = log;
}

function hold(text) {
  feed.held = text;
  store.mark("device", text);
  told("held");
}

/** The program was started anew, or forgot the log: its numbers begin at 1 again. */
function anew() {
  store.last = 0;
  store.mark("gap", "The log begins anew here: this program was restarted. Lines may be missing or come twice.");
  told("lines", 0);
}

function take(lines) {
  const fresh = lines.filter((line) => line.seq > store.last);
  if (!fresh.length) return;
  if (fresh[0].seq > store.last + 1) {
    behind = true;
    fill();
  } else told("lines", store.add(fresh));
}

/** Fetch what is missing, in pages; what the stream brings meanwhile is asked for too. */
async function fill() {
  const { log } = feed;
  if (!log || filling) {
    behind = filling;
    return;
  }
  filling = true;
  try {
    do {
      behind = false;
      const answer = await api.logLines(log.id, store.last, PAGE);
      if (feed.log?.id !== log.id) break;
      accept(answer.log);
      told("state");
      const [first] = answer.lines;
      const lost = first && store.last ? first.seq - store.last - 1 : 0;
      if (lost > 0) store.mark("gap", `${lost} lines are missing here: they came while nobody could fetch them.`);
      if (first) told("lines", store.add(answer.lines.filter((line) => line.seq > store.last)));
      behind ||= answer.lines.length > 0 && answer.lines.at(-1).seq < answer.log.last_seq;
    } while (behind);
  } catch {
    // the stream's next greeting asks again; a log that is gone is opened anew with it
  } finally {
    filling = false;
  }
  if (feed.log && feed.log.id !== log.id) fill();
}
