// The board's verdict, the check-up's progress, the findings worst first. The headline and its counts are the
// program's (headline.py); this file puts them in place.
import { api } from "../js/api.js";
import { announce, byId, el, icon, setContent, setText, slot, WORDS } from "../js/dom.js";
import { dateTime, plural, seconds } from "../js/format.js";
import { guarded, notify } from "../js/notices.js";
import { findingItem } from "./result.js";
import { runningNames } from "./rows.js";
import { checkupRunning, currentDevice, held, on, ownResults, rank, state } from "../js/state.js";

const ACTING = ["fail", "warn"];
const PAUSE_MS = 60;
const SHARE = 4; // while results stream in, drawing the board is at most a fifth of the page's work
let cost = 0;
let timer = null;
let ticking = null;
let wasRunning = false;

export function startBoard() {
  byId("ui-checkup").addEventListener("click", (event) => guarded(event.currentTarget, () => api.startCheckup()).then(render));
  byId("ui-checkup-cancel").addEventListener("click", (event) =>
    guarded(event.currentTarget, () => api.cancelCheckup(state.checkup?.checkup)));
  byId("ui-checkup-rest").addEventListener("click", (event) =>
    guarded(event.currentTarget, () => api.startCheckup(state.headline.rest)).then(render));
  on("lost", ({ message, hint }) => notify("bad", `Not kept in the history: ${message}`, hint));
  on("board", (now) => (now ? render() : schedule()));
  render();
}

function schedule() {
  timer ??= setTimeout(() => {
    timer = null;
    render();
  }, Math.max(PAUSE_MS, SHARE * cost));
}

function render() {
  const started = performance.now();
  renderVerdict(state.headline);
  renderProgress();
  renderFindings(ownResults());
  renderSince();
  cost = performance.now() - started;
}

/** @param {Api["Headline"]} said */
function renderVerdict(said) {
  const board = byId("ui-board");
  board.dataset.verdict = said.verdict ?? "none";
  board.dataset.code = said.code;
  const iconName = said.verdict ? WORDS.verdicts[said.verdict].icon : "board";
  if (board.dataset.icon !== iconName) setContent(slot(board, "icon"), icon(iconName));
  board.dataset.icon = iconName;
  setText(slot(board, "title"), said.title);
  setText(slot(board, "counts"), said.line || slot(board, "counts").dataset.before);
  setText(slot(board, "meta"), [checkupLine(said), said.note].filter(Boolean).join(" "));
  document.title = [said.code !== "none" ? said.title : "", currentDevice(), "V3 Diagnostics"].filter(Boolean).join(" · ");
  for (const id of ["ui-save", "ui-print"]) byId(id).hidden = !state.results.size;
  renderRest(said.rest);
  sayWhenDone(said);
}

function checkupLine({ code }) {
  const { checkup } = state;
  if (!checkup?.finished || code === "none") return "";
  const took = code === "complete" ? `, took ${seconds(checkup.duration_s)}` : "";
  const lost = checkup.not_kept ? ` Not kept in the history: ${checkup.not_kept.message} ${checkup.not_kept.hint}` : "";
  return `Check-up of ${dateTime(checkup.started_at)}${took}.${lost}`;
}

/** A check-up that was cut off offers what it did not come to. */
function renderRest(rest) {
  const button = byId("ui-checkup-rest");
  button.hidden = !rest.length || checkupRunning();
  button.disabled = !state.online || held();
  setText(button.querySelector("span"), `Run the other ${rest.length}`);
  byId("ui-checkup").classList.toggle("primary", button.hidden);
}

function sayWhenDone({ title, line }) {
  if (wasRunning && !checkupRunning()) announce(`Check-up ended. ${title}: ${line}`);
  wasRunning = checkupRunning();
}

function renderProgress() {
  const running = checkupRunning();
  const start = byId("ui-checkup");
  start.hidden = running;
  start.disabled = !state.online || held();
  start.title = held() ? "Answer the question above first" : "";
  setText(start.querySelector("span"), state.checkup ? "Run check-up again" : "Run check-up");
  byId("ui-checkup-cancel").hidden = !running;
  byId("ui-progress").hidden = !running;
  clearInterval(ticking);
  if (!running) return;
  drawProgress();
  ticking = setInterval(drawProgress, 250);
}

function drawProgress() {
  if (!state.checkup) return;
  const { done, diagnostics, started_at: started } = state.checkup;
  const bar = byId("ui-progress").querySelector("progress");
  bar.max = diagnostics.length || 1;
  bar.value = done.size;
  const elapsed = Math.max(0, (Date.now() - new Date(started ?? NaN).getTime()) / 1000);
  const names = runningNames();
  // A check-up's commands are handed over all at once and answered in this order.
  const now = names.length ? `now: ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}` : "connecting";
  setText(slot(byId("ui-progress"), "running"), `${done.size} of ${diagnostics.length} · ${seconds(elapsed)} · ${now}`);
}

function renderFindings(results) {
  const box = byId("ui-findings");
  const items = results.filter((result) => !result.error).flatMap((result) => (result.findings ?? []).map((finding) => ({ finding, result })));
  const acting = items.filter(({ finding }) => ACTING.includes(finding.verdict))
    .sort((a, b) => rank(a.finding.verdict) - rank(b.finding.verdict));
  const open = items.filter(({ finding }) => finding.verdict === "unknown");
  const failedRuns = groupErrors(results);
  const undecided = open.length + failedRuns.length;
  box.hidden = !acting.length && !undecided;
  setList(slot(box, "list"), acting.map(asItem));
  const more = slot(box, "undecided");
  if (more.hidden && undecided && !acting.length) more.open = true; // there is nothing else to read
  more.hidden = !undecided;
  setText(slot(box, "undecided-title"), `${plural(undecided, "point was", "points were")} not checked`);
  setList(slot(box, "undecided-list"), [...failedRuns, ...open.map(asItem)]);
}

function asItem({ finding, result }) {
  return findingItem(finding, state.diagnostics.get(result.diagnostic) ?? { id: result.diagnostic, title: result.title });
}

/** What changed since the board was last good, once a check-up is over. */
function renderSince() {
  const { checkup } = state;
  const since = checkup?.finished ? checkup.since : null;
  const box = byId("ui-since");
  box.hidden = !since;
  if (!since) return;
  const when = dateTime(since.against.started_at);
  setText(slot(box, "title"), since.against.kind === "last-good" ? `Since it was last good (${when})` : `Since the check-up of ${when}`);
  setText(slot(box, "summary"), since.summary);
  const more = slot(box, "more");
  more.hidden = !since.differences.length;
  setList(slot(box, "list"), since.differences.map(({ what, change, before, after, because }) => el("li", {},
    el("strong", {}, `${what}: ${change.replaceAll("-", " ")}`), " ", [before, after].filter(Boolean).join(" → "),
    WORDS.because[because] ? ` (${WORDS.because[because]})` : "")));
}

/** Runs that ended with the same error are one line: "57 diagnostics did not run". */
function groupErrors(results) {
  const groups = new Map();
  for (const result of results) {
    if (!result.error || result.error.code === "cancelled") continue;
    groups.set(result.error.code, [...(groups.get(result.error.code) ?? []), result]);
  }
  return [...groups.values()].map((members) => findingItem({
    verdict: "unknown",
    label: members.length === 1 ? state.diagnostics.get(members[0].diagnostic)?.title ?? members[0].title
      : `${members.length} diagnostics got no answer`,
    reason: members[0].error.message,
    next_step: members[0].error.hint,
    related: [],
  }));
}

/** Replace only what changed, so that focus, selection and reading position survive. */
function setList(list, items) {
  items.forEach((item, index) => {
    const old = list.children[index];
    if (!old) list.append(item);
    else if (!old.isEqualNode(item)) old.replaceWith(item);
  });
  while (list.children.length > items.length) list.lastElementChild.remove();
}
