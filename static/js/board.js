// The board's verdict, the check-up's progress, the findings worst first. Counts speak for the device
// that is plugged in now; what was not run is never counted as fine.
import { api } from "./api.js";
import { announce, byId, icon, setContent, setText, slot, WORDS } from "./dom.js";
import { dateTime, plural, seconds } from "./format.js";
import { guarded } from "./notices.js";
import { findingItem } from "./result.js";
import { notChecked, runningNames } from "./rows.js";
import { checkupRunning, currentDevice, fromOther, on, ownResults, rank, state } from "./state.js";

const ACTING = ["fail", "warn"];
const PAUSE_MS = 60;
const SHARE = 4; // while results stream in, drawing the board is at most a fifth of the page's work
let cost = 0;
let timer = null;
let ticking = null;
let wasRunning = false;

export function startBoard() {
  byId("ui-checkup").addEventListener("click", (event) => guarded(event.currentTarget, api.startCheckup).then(render));
  byId("ui-checkup-cancel").addEventListener("click", (event) =>
    guarded(event.currentTarget, () => api.cancelCheckup(state.checkup?.checkup)));
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
  const results = ownResults();
  const passive = [...state.diagnostics.values()].filter((item) => !item.active);
  const counts = countOf(results);
  renderVerdict(results, counts, passive);
  renderProgress();
  renderFindings(results);
  cost = performance.now() - started;
}

export function countOf(results) {
  const counts = { fail: 0, warn: 0, unknown: 0, pass: 0, info: 0, skip: 0 };
  for (const result of results) counts[result.verdict] += 1;
  return counts;
}

/** "2 faults, 3 warnings, 51 fine, 4 not applicable"; information counts as fine. */
export function countLine(results, counts) {
  const words = WORDS.verdicts;
  const open = results.filter((result) => result.verdict === "pass").reduce((sum, result) => sum + notChecked(result), 0);
  const fine = counts.pass + counts.info;
  return [
    counts.fail && plural(counts.fail, words.fail.one, words.fail.many),
    counts.warn && plural(counts.warn, words.warn.one, words.warn.many),
    counts.unknown && plural(counts.unknown, words.unknown.one, words.unknown.many),
    fine && `${fine} fine${open ? ` (${plural(open, "check")} in them not made)` : ""}`,
    counts.skip && `${counts.skip} ${words.skip.many}`,
  ].filter(Boolean).join(", ");
}

function headline(results, counts, complete) {
  const soFar = complete ? "" : checkupRunning() ? " so far" : ` in the ${plural(results.length, "diagnostic")} that ran`;
  if (counts.fail) return ["fail", `${plural(counts.fail, "fault")}${soFar || " found"}`];
  if (counts.warn) return ["warn", `${plural(counts.warn, "warning")}, no fault${soFar}`];
  if (counts.unknown) return ["unknown", `No fault found${soFar}, but ${counts.unknown} could not be judged`];
  if (!counts.pass) return ["none", "Nothing that could be judged"];
  return ["pass", complete ? "This board is fine" : `No fault${soFar}`];
}

function renderVerdict(results, counts, passive) {
  const board = byId("ui-board");
  const seen = new Set(results.map((result) => result.diagnostic));
  const missing = passive.filter((item) => !seen.has(item.id)).length;
  const [verdict, title] = results.length ? headline(results, counts, missing === 0)
    : ["none", checkupRunning() ? "Checking…" : "No check-up yet"];
  board.dataset.verdict = verdict;
  const iconName = verdict === "none" ? "board" : WORDS.verdicts[verdict].icon;
  if (board.dataset.icon !== iconName) setContent(slot(board, "icon"), icon(iconName));
  board.dataset.icon = iconName;
  setText(slot(board, "title"), title);
  const line = countLine(results, counts);
  const rest = missing && results.length && !checkupRunning() ? `${missing} not run` : "";
  setText(slot(board, "counts"), [line, rest].filter(Boolean).join(", ")
    || `${plural(passive.length, "diagnostic")}, all of them read-only. Nothing is changed on the device.`);
  setText(slot(board, "meta"), metaLine(results));
  document.title = [results.length ? title : "", currentDevice(), "V3 Diagnostics"].filter(Boolean).join(" · ");
  for (const id of ["ui-save", "ui-print"]) byId(id).hidden = !results.length;
  sayWhenDone(title, line);
}

function metaLine(results) {
  const checkup = state.checkup;
  const end = checkup?.cancelled ? "cancelled" : `took ${seconds(checkup?.duration_s)}`;
  const device = results.find((result) => result.device)?.device;
  const before = [...state.results.values()].filter(fromOther);
  return [
    checkup?.finished && `Check-up of ${dateTime(checkup.started_at)}, ${end}.`,
    // Without a device at hand nobody can tell whose results these are: say it.
    device && !currentDevice() && `These are the results of ${device}.`,
    before.length && `${plural(before.length, "result")} of the board before, ${before[0].device}.`,
  ].filter(Boolean).join(" ");
}

function sayWhenDone(title, line) {
  if (wasRunning && !checkupRunning()) announce(`Check-up finished. ${title}: ${line}`);
  wasRunning = checkupRunning();
}

function renderProgress() {
  const running = checkupRunning();
  const start = byId("ui-checkup");
  start.hidden = running;
  start.disabled = !state.online;
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
  setText(slot(box, "undecided-title"), `${plural(undecided, "point")} could not be judged`);
  setList(slot(box, "undecided-list"), [...failedRuns, ...open.map(asItem)]);
}

function asItem({ finding, result }) {
  return findingItem(finding, state.diagnostics.get(result.diagnostic) ?? { id: result.diagnostic, title: result.title });
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
      : `${members.length} diagnostics gave no answer`,
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
