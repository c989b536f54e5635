// Start of the page Logs: as they grow. This file joins the form, the lines and the controls.
import { announce, clean, icon, part, setContent, setText, slot } from "../js/dom.js";
import { plural } from "../js/format.js";
import { startFrame } from "../js/frame.js";
import { state as ownState } from "../js/state.js";
import { Clock } from "./clock.js";
import { Feed } from "./feed.js";
import { mountHeard } from "./heard.js";
import { mountLine } from "./line.js";
import { List } from "./list.js";
import { momentOfAddress, nearest } from "./moment.js";
import { fromAddress, mountSource } from "./source.js";
import { Store } from "./store.js";
import { mountTools } from "./tools.js";

/** @type {Record<string, string>} */
const READ_BY = { journal: "from the journal", "ring buffer": "from the kernel's ring buffer", file: "", dmesg: "by dmesg" };

/** @param {LogSource} wanted */
const noLineYet = ({ unit }) => (unit ? `No line of “${unit}” has come yet. Check the service's name if it should have some.` : "No line has come yet.");

/** @param {number} seconds */
function ahead(seconds) {
  if (!seconds) return "";
  const size = Math.abs(seconds);
  const text = size < 120 ? `${Math.round(size)} s` : size < 7200 ? `${Math.round(size / 60)} min` : size < 172800 ? `${Math.round(size / 3600)} h` : plural(Math.round(size / 86400), "day");
  return `the device's clock is ${text} ${seconds > 0 ? "ahead" : "behind"}`;
}

/** The logs of one board, on the element that holds them. Answers their feed.
 * @param {ParentNode} root
 * @param {Board} state */
function mount(root, state) {
  const [store, clock] = [new Store(), new Clock()];
  const hear = mountHeard(root, store);
  const showLine = mountLine(root, clock);
  const list = new List(part(root, "lines"), store, clock, { choose: showLine, moved: renderNewest });
  const feed = new Feed(state, store, told);
  const tools = mountTools(root, state, { store, list, feed, clock });

  /** @param {string} what
   * @param {any} more */
  function told(what, more) {
    if (what === "lines") {
      if (more) list.dropped(more);
      hear();
      tools.counted();
      list.draw();
      lookForMoment();
    } else if (what === "signs") list.reset();
    else if (what === "trouble") renderTrouble(more);
    else renderState();
  }

  function renderState() {
    const { log, held } = feed;
    if (log) clock.set(log);
    renderEmpty();
    part(root, "lines").dataset.timeless = String(log?.source === "file");
    const again = slot(part(root, "state"), "again");
    again.hidden = !(held || (log?.state === "ended" && log.boot === 0) || (log?.state === "ended" && log.note && !log.last_seq));
    setText(again, held ? "Follow this device's log" : "Try again");
    if (held) return say("warn", "board", held);
    if (!log) return say("busy", "busy", "Opening the log …");
    if (log.state === "ended") return say(log.boot < 0 && log.last_seq > 1 ? "off" : "bad", log.boot < 0 && log.last_seq > 1 ? "stop" : "warn", `${log.title}: ${log.note}`);
    if (!state.online) return say("warn", "unlink", `${log.title}: this page is not live.`);
    if (log.state === "waiting") {
      return say("warn", "unlink", `${log.title}: ${log.error?.message ?? (log.note || "Waiting for the link to the device.")}`);
    }
    const facts = [log.title, log.source === "journal" ? "" : READ_BY[log.read_by] ?? log.read_by, log.root ? "with sudo" : "", ahead(log.clock_ahead_s)];
    say("ok", "pass", `Following: ${facts.filter(Boolean).join(", ")}`);
  }

  /** @param {string} tone
   * @param {string} name
   * @param {string} text */
  function say(tone, name, text) {
    const box = part(root, "state");
    if (box.dataset.said === `${name}${text}`) return;
    box.dataset.said = `${name}${text}`;
    box.dataset.tone = tone;
    setContent(slot(box, "state"), icon(name, name === "busy" ? "spin" : ""));
    setText(slot(box, "text"), text);
  }

  /** @param {ApiError} error */
  function renderTrouble(error) {
    say("bad", "warn", clean(`${error.message} ${error.hint}`));
    const again = slot(part(root, "state"), "again");
    again.hidden = false;
    setText(again, "Try again");
    announce(error.message);
  }

  /** An empty list says why it is empty. */
  function renderEmpty() {
    const box = slot(part(root, "frame"), "empty");
    box.hidden = store.view.length > 0 || feed.log === null;
    if (box.hidden) return;
    slot(box, "all").hidden = !store.all.length;
    setText(slot(box, "why"), store.all.length ? `None of ${plural(store.all.length, "line")} fits what is typed above.`
      : feed.log?.state === "following" ? noLineYet(feed.log) : "");
  }

  function renderNewest() {
    renderEmpty();
    const button = part(root, "newest");
    const fresh = store.view.length - tools.seen(list);
    button.hidden = list.sticky || store.view.length === 0;
    setText(slot(button, "word"), fresh > 0 ? `${fresh.toLocaleString("en")} new` : "Newest");
  }

  /** The line that the address asks for is chosen once the log's lines are there; the list stands still then. */
  function lookForMoment() {
    const { log } = feed;
    if (!moment || !log || !list.rowPx || store.last < log.last_seq) return;
    const line = nearest(store.view, moment, clock.aheadMs);
    if (line) {
      list.sticky = false;
      list.go(store.view.indexOf(line));
      moment = null;
    }
  }

  slot(part(root, "frame"), "all").addEventListener("click", () => tools.all());
  slot(part(root, "state"), "again").addEventListener("click", () => feed.wanted && feed.follow(feed.wanted));
  part(root, "newest").addEventListener("click", () => {
    if (list.frozen !== null) tools.pause(false);
    list.toEnd();
    part(root, "lines").focus();
  });
  state.on("link", renderState);
  state.on("stream", renderState);
  feed.wanted = fromAddress();
  let moment = momentOfAddress();
  mountSource(root, state, (wanted) => {
    tools.begun();
    showLine(null);
    feed.follow(wanted);
    list.reset();
  });
  return feed;
}

const root = /** @type {HTMLElement} */ (document.querySelector("main"));
startFrame(mount(root, ownState).watch());
