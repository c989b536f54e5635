// Start of the page Logs: as they grow. This file joins the form, the lines and the controls.
import { announce, byId, clean, icon, setContent, setText, slot } from "../js/dom.js";
import { plural } from "../js/format.js";
import { startFrame } from "../js/frame.js";
import { state } from "../js/state.js";
import { feed, follow, startFeed, watch } from "./feed.js";
import { hear } from "./heard.js";
import { showLine } from "./line.js";
import { List } from "./list.js";
import { setClock } from "./rows.js";
import { fromAddress, startSource } from "./source.js";
import { Store } from "./store.js";
import { startTools } from "./tools.js";

const store = new Store();
const list = new List(byId("ui-lines"), store, {
  choose: (line) => showLine(line),
  moved: renderNewest,
});

const tools = startTools(store, list);

startFeed(store, (what, more) => {
  if (what === "lines") {
    if (more) list.dropped(more);
    if (!more && !list.tops) list.tops = null;
    hear(store);
    tools.counted();
    list.draw();
  } else if (what === "trouble") renderTrouble(more);
  else renderState();
});

slot(byId("ui-state"), "again").addEventListener("click", () => follow(feed.wanted));
byId("ui-newest").addEventListener("click", () => {
  if (list.frozen !== null) tools.pause(false);
  list.toEnd();
  byId("ui-lines").focus();
});
state.on("link", renderState);
state.on("stream", renderState);

feed.wanted = fromAddress();
startSource((wanted) => {
  tools.begun();
  showLine(null);
  follow(wanted);
  list.reset();
});
startFrame(watch);

const READ_BY = { journal: "from the journal", "ring buffer": "from the kernel's ring buffer", file: "", dmesg: "by dmesg" };

function renderState() {
  const { log, held } = feed;
  if (log) setClock(log);
  byId("ui-lines").dataset.timeless = String(log?.source === "file");
  const again = slot(byId("ui-state"), "again");
  again.hidden = !(held || (log?.state === "ended" && log.boot === 0) || (log?.state === "ended" && log.note && !log.last_seq));
  setText(again, held ? "Follow this device's log" : "Try again");
  if (held) return say("warn", "board", held);
  if (!log) return say("busy", "busy", "Opening the log …");
  if (log.state === "ended") return say(log.boot < 0 && log.last_seq > 1 ? "off" : "bad", log.boot < 0 && log.last_seq > 1 ? "stop" : "warn", `${log.title}: ${log.note}`);
  if (log.state === "waiting" || !state.online) {
    return say("warn", "unlink", `${log.title}: ${log.error?.message ?? (log.note || "Waiting for the link to the device.")}`);
  }
  const facts = [log.title, log.source === "journal" ? "" : READ_BY[log.read_by] ?? log.read_by, log.root ? "with sudo" : "", ahead(log.clock_ahead_s)];
  say("ok", "pass", `Following: ${facts.filter(Boolean).join(", ")}`);
}

function ahead(seconds) {
  if (!seconds) return "";
  const size = Math.abs(seconds);
  const text = size < 120 ? `${Math.round(size)} s` : size < 7200 ? `${Math.round(size / 60)} min` : size < 172800 ? `${Math.round(size / 3600)} h` : plural(Math.round(size / 86400), "day");
  return `the device's clock is ${text} ${seconds > 0 ? "ahead" : "behind"}`;
}

function say(tone, name, text) {
  const box = byId("ui-state");
  if (box.dataset.said === `${name}${text}`) return;
  box.dataset.said = `${name}${text}`;
  box.dataset.tone = tone;
  setContent(slot(box, "state"), icon(name, name === "busy" ? "spin" : ""));
  setText(slot(box, "text"), text);
}

function renderTrouble(error) {
  say("bad", "warn", clean(`${error.message} ${error.hint}`));
  const again = slot(byId("ui-state"), "again");
  again.hidden = false;
  setText(again, "Try again");
  announce(error.message);
}

/** An empty list says why it is empty. */
function renderEmpty() {
  const box = slot(byId("ui-frame"), "empty");
  box.hidden = store.view.length > 0 || feed.log === null;
  if (box.hidden) return;
  setText(box, store.all.length ? `None of ${plural(store.all.length, "line")} fits what is typed above.`
    : feed.log?.state === "following" ? "No line has come yet." : "");
}

function renderNewest() {
  renderEmpty();
  const button = byId("ui-newest");
  const fresh = store.view.length - tools.seen(list);
  button.hidden = list.sticky || store.view.length === 0;
  setText(slot(button, "word"), fresh > 0 ? `${fresh.toLocaleString("en")} new` : "Newest");
}
