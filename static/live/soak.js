// The soak recorder's panel: start, watch, stop, outcome, report. The recording itself runs in the program,
// whether this page is open or not.
import { api, BASE } from "../js/api.js";
import { announce, byId, el, icon, setContent, setText, slot, WORDS } from "../js/dom.js";
import { seconds } from "../js/format.js";
import { guarded } from "../js/notices.js";

let running = ""; // id of the recording under way
let ends = 0;

export function startSoak() {
  const panel = byId("ui-soak");
  byId("ui-soak-open").addEventListener("click", () => { panel.hidden = false; list(); panel.scrollIntoView({ block: "nearest" }); });
  byId("ui-soak-close").addEventListener("click", () => { panel.hidden = true; });
  byId("ui-soak-form").addEventListener("submit", start);
  byId("ui-soak-stop").addEventListener("click", (event) => guarded(event.currentTarget, () => api.stopRecording(running)));
  setInterval(() => running && render(), 1000);
}

/** At each beginning of the stream: what runs, whoever started it. */
export async function resyncSoak() {
  const { running: now } = await api.recordings().catch(() => ({ running }));
  if (now && now !== running) follow(await api.recording(now));
  if (!now && running) ended(running);
}

/** An event of the feed: a recording is over. */
export const recordingEnded = ({ id }) => ended(id);

async function start(event) {
  event.preventDefault();
  const minutes = Number(event.target.elements.minutes.value);
  await guarded(event.submitter, async () => follow(await api.startRecording(minutes)));
}

function follow(recording) {
  running = recording.recording;
  ends = new Date(recording.started_at).getTime() + recording.planned_s * 1000;
  byId("ui-soak").hidden = false;
  byId("ui-soak-outcome").hidden = true;
  render();
}

function render() {
  byId("ui-soak-form").hidden = Boolean(running);
  byId("ui-soak-running").hidden = !running;
  const open = byId("ui-soak-open");
  setContent(open, icon("record"), el("span", {}, running ? "Recording…" : "Record"));
  open.dataset.tone = running ? "bad" : "";
  if (running) setText(slot(byId("ui-soak-running"), "left"), `Recording. ${seconds(Math.max(0, (ends - Date.now()) / 1000))} left. You may close this page.`);
}

async function ended(id) {
  running = "";
  render();
  await show(id);
  list();
}

async function show(id) {
  await guarded(null, async () => {
    const found = await api.recording(id);
    const words = WORDS.verdicts[found.verdict];
    const box = byId("ui-soak-outcome");
    box.hidden = false;
    box.dataset.verdict = found.verdict;
    setContent(box,
      el("p.soak-verdict", {}, icon(words.icon), words.word, el("span.hint", {}, `${found.device} · ${found.ended_words}`)),
      el("p", {}, found.sentence),
      el("div.soak-lines", { tabindex: 0, role: "group", "aria-label": "Outcome, line by line" }, el("table", {}, el("tbody", {}, found.lines.map(line)))),
      el("div.panel-buttons", {}, el("a.button.primary", { href: `${BASE}live/recordings/${encodeURIComponent(id)}/report` },
        icon("save"), el("span", {}, "Save the report"))));
    announce(`Recording: ${words.word}. ${found.sentence}`);
  });
}

function line({ label, value, verdict, limit }) {
  const words = WORDS.verdicts[verdict];
  return el("tr", { "data-verdict": verdict }, el("th", { scope: "row" }, label), el("td", {}, value),
    el("td", {}, el("span.badge", {}, icon(words.icon), words.word)), el("td.hint", {}, limit));
}

async function list() {
  const { recordings, boards, running: now } = await api.recordings().catch(() => ({ recordings: [], boards: [], running: "" }));
  const old = new Set(recordings.filter((id) => id !== now).slice(0, 10));
  slot(byId("ui-soak"), "old").hidden = !old.size;
  const shelves = boards.map((board) => ({ ...board, recordings: board.recordings.filter((id) => old.has(id)) }));
  setContent(slot(byId("ui-soak"), "list"), shelves.filter((board) => board.recordings.length).map(shelf));
}

/** A board's recordings, under its name. */
const shelf = ({ label, recordings }) => el("li", {}, el("h4.hint", {}, label), el("ul.soak-old", {}, recordings.map((id) => el("li", {},
  el("button.button.quiet.small", { type: "button", onclick: () => show(id) }, icon("logs"), el("span", {}, name(id)))))));

/** "20261125-132600-ab12cd" -> "2026-11-25 13:26" */
const name = (id) => id.replace(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d).*$/, "$1-$2-$3 $4:$5");
