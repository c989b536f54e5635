// The board's verdict, the check-up's progress, the findings worst first. The headline and its counts are the
// program's (headline.py); this file puts them in place.
import { all, announce, el, icon, part, setContent, setText, slot, WORDS } from "../js/dom.js";
import { dateTime, seconds } from "../js/format.js";
import { guarded, notify } from "../js/notices.js";
import { diagnosisItem, findingItem, momentsOf } from "./result.js";
import { rank } from "../js/state.js";

const ACTING = ["fail", "warn"];
const MOST_CARDS = 8; // of one diagnostic
const PAUSE_MS = 100;
const SHARE = 4; // while results stream in, drawing the board is at most a fifth of the page's work
/** @param {Difference} found */
function difference({ what, change, before, after, because }) {
  return el("li", {}, el("strong", {}, `${what}: ${change.replaceAll("-", " ")}`), " ",
    [before, after].filter(Boolean).join(" → "), WORDS.because[because] ? ` (${WORDS.because[because]})` : "");
}

/** What stands in the page in place of an equal node that was made.
 * @type {WeakMap<Element, Element>} */
const stands = new WeakMap();

/** Replace only what changed, so that focus, selection and reading position survive.
 * @param {Element} list
 * @param {Element[]} items */
function setList(list, items) {
  items.forEach((item, index) => {
    const old = list.children[index];
    if (old === item) return;
    item.normalize(); // as a parser would have read it
    if (!old) list.append(item);
    else if (old.isEqualNode(item)) stands.set(item, old);
    else old.replaceWith(item);
  });
  while (list.children.length > items.length) list.lastElementChild?.remove();
}

/** A node is made once for the same parts: what became of it since (its commands got buttons) stays, and results that
 *  stream in cost nothing for those before them. The first part is an object.
 * @returns {(parts: [object, ...unknown[]], make: () => HTMLElement) => Element} */
function onceFor() {
  const made = new WeakMap();
  return (parts, make) => {
    const old = made.get(parts[0]);
    const same = old?.parts.length === parts.length && parts.every((each, index) => each === old.parts[index]);
    const there = same && (stands.get(old.node) ?? old.node);
    if (there?.isConnected) return there; // one that is gone may have given its parts to another
    const node = make();
    made.set(parts[0], { parts, node });
    return node;
  };
}

/** The verdict of one board.
 * @param {Root} root
 * @param {Board} state */
export function mountBoard(root, state) {
  let cost = 0;
  /** @type {number | null} */
  let timer = null;
  /** @type {number | undefined} */
  let ticking;
  let wasRunning = false;
  const [itemFor, diagnosisFor, errorFor] = [onceFor(), onceFor(), onceFor()];

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
    renderFindings(state.ownResults());
    renderSince();
    cost = performance.now() - started;
  }

  /** @param {Api["Headline"]} said */
  function renderVerdict(said) {
    const box = part(root, "board");
    box.dataset.verdict = said.verdict ?? "none";
    box.dataset.code = said.code;
    const iconName = said.verdict ? WORDS.verdicts[said.verdict].icon : "board";
    if (box.dataset.icon !== iconName) setContent(slot(box, "icon"), icon(iconName));
    box.dataset.icon = iconName;
    setText(slot(box, "title"), said.title);
    setText(slot(box, "counts"), said.line || slot(box, "counts").dataset.before);
    setText(slot(box, "meta"), [checkupLine(said), said.note].filter(Boolean).join(" "));
    renderLast(said.last);
    for (const each of all(root, "[data-with-results]")) each.hidden = !state.results.size;
    renderRest(state.rest());
    sayWhenDone(said);
  }

  /** Of a board that nobody has checked since the program was started.
   * @param {Api["Headline"]["last"]} last */
  function renderLast(last) {
    const place = part(root, "last");
    place.hidden = !last;
    if (last) setContent(place, el("a", { href: `/checkups/${last.checkup}` }, `Check-up of ${dateTime(last.started_at)}`), `: ${last.line}.`);
  }

  /** @param {Api["Headline"]} said */
  function checkupLine({ code }) {
    const { checkup } = state;
    if (!checkup?.finished || code === "none") return "";
    const took = code === "complete" ? `, took ${seconds(checkup.duration_s)}` : "";
    const lost = checkup.not_kept ? ` Not kept in the history: ${checkup.not_kept.message} ${checkup.not_kept.hint}` : "";
    return `Check-up of ${dateTime(checkup.started_at ?? "")}${took}.${lost}`;
  }

  /** @param {string[]} rest */
  function renderRest(rest) {
    const button = part(root, "checkup-rest");
    button.hidden = !rest.length;
    button.disabled = !state.online || state.held();
    setText(button.querySelector("span"), `Run the other ${rest.length}`);
    part(root, "checkup").classList.toggle("primary", button.hidden);
  }

  /** @param {Api["Headline"]} said */
  function sayWhenDone({ title, line }) {
    if (wasRunning && !state.checkupRunning()) announce(`Check-up ended. ${title}: ${line}`);
    wasRunning = state.checkupRunning();
  }

  function renderProgress() {
    const running = state.checkupRunning();
    const start = part(root, "checkup");
    start.hidden = running;
    start.disabled = !state.online || state.held();
    start.title = state.held() ? "Answer the question above first" : "";
    setText(start.querySelector("span"), state.checkup ? "Run check-up again" : "Run check-up");
    part(root, "checkup-cancel").hidden = !running;
    part(root, "progress").hidden = !running;
    clearInterval(ticking);
    if (!running) return;
    drawProgress();
    if (state.online) ticking = setInterval(drawProgress, 250);
  }

  function drawProgress() {
    if (!state.checkup) return;
    const { done, diagnostics, started_at: started } = state.checkup;
    const bar = /** @type {HTMLProgressElement} */ (part(root, "progress").querySelector("progress"));
    bar.max = diagnostics.length || 1;
    bar.value = done.size;
    const elapsed = Math.max(0, (Date.now() - new Date(started ?? NaN).getTime()) / 1000);
    const names = [...state.running.values()].map((run) => run.title);
    // A check-up's commands are handed over all at once and answered in this order.
    const now = names.length ? `now: ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}` : "connecting";
    const told = state.online ? `${seconds(elapsed)} · ${now}` : "outcome unknown: this page hears nothing of it at the moment";
    setText(slot(part(root, "progress"), "running"), `${done.size} of ${diagnostics.length} · ${told}`);
  }

  /** @param {Result[]} results */
  function renderFindings(results) {
    const box = part(root, "findings");
    const items = results.filter((result) => !result.error)
      .flatMap((result) => (result.findings ?? []).map((finding) => ({ finding, result })));
    const acting = items.filter(({ finding }) => ACTING.includes(finding.verdict));
    const open = items.filter(({ finding }) => finding.verdict === "unknown");
    const failedRuns = groupErrors(results);
    const unchecked = open.length + failedRuns.length; // reasons: the headline counts the checks
    box.hidden = !acting.length && !unchecked;
    setList(slot(box, "list"), cards(acting, slot(box, "list")));
    const more = slot(box, "unchecked");
    if (more.hidden && unchecked && !acting.length) more.open = true; // there is nothing else to read
    more.hidden = !unchecked;
    setList(slot(box, "unchecked-list"), [...failedRuns, ...shortened(open).map(asItem)]);
  }

  /** Worst first; findings with one cause are one card, which stays open if it was.
   * @param {FindingOf[]} acting
   * @param {Element} list */
  function cards(acting, list) {
    const taken = new Set();
    const common = state.headline.diagnoses.map((diagnosis) => {
      const own = acting.filter(({ finding, result }) => diagnosis.signs.some((sign) =>
        sign.diagnostic === result.diagnostic && sign.label === finding.label));
      own.forEach((item) => taken.add(item));
      const [first, ...rest] = own.map(({ finding }) => finding);
      const moment = firstMoment(own);
      const node = first && diagnosisFor([first, ...rest, JSON.stringify([diagnosis, moment])], () => {
        const open = list.querySelector(`[data-diagnosis="${CSS.escape(diagnosis.id)}"]`)?.querySelector("details")?.open ?? false;
        return diagnosisItem(diagnosis, own.map(asItem), open, moment);
      });
      return { verdict: diagnosis.verdict, node };
    });
    const single = shortened(acting.filter((item) => !taken.has(item)))
      .map((item) => ({ verdict: item.finding.verdict, node: asItem(item) }));
    return [...common, ...single].sort((a, b) => rank(a.verdict) - rank(b.verdict)).flatMap(({ node }) => node ?? []);
  }

  /** Of one diagnostic the first ones; its row has all.
   * @param {FindingOf[]} items
   * @returns {FindingOf[]} */
  function shortened(items) {
    const seen = new Map();
    return items.flatMap((item) => {
      const { diagnostic } = item.result;
      const number = (seen.get(diagnostic) ?? 0) + 1;
      seen.set(diagnostic, number);
      if (number <= MOST_CARDS) return [item];
      const more = items.filter(({ result }) => result.diagnostic === diagnostic).length - MOST_CARDS;
      const said = { ...item.finding, label: `${more} more`, reason: "Its row has all of them.", limit: "", limit_source: "",
        next_step: "", why: "", evidence: "", related: [] };
      return number === MOST_CARDS + 1 ? [{ ...item, finding: said }] : [];
    });
  }

  /** @param {FindingOf} item */
  function asItem({ finding, result }) {
    const from = state.diagnostics.get(result.diagnostic) ?? { id: result.diagnostic, title: result.title };
    const moments = momentsOf(state, finding, result);
    return itemFor([finding, ...moments.map(({ href }) => href)], () => findingItem(state, finding, from, moments));
  }

  /** @param {FindingOf[]} items */
  const firstMoment = (items) => items.map(({ finding, result }) => momentsOf(state, finding, result))
    .find((links) => links.length) ?? [];

  /** What changed since the board was last good, once a check-up is over. */
  function renderSince() {
    const { checkup } = state;
    const since = checkup?.finished ? checkup.since : null;
    const box = part(root, "since");
    box.hidden = !since || state.fromOther(since);
    if (!since) return;
    const when = dateTime(since.against.started_at);
    const titles = {
      "last-good": `Since it was last good (${when})`,
      previous: `Since the check-up of ${when}`,
      recorded: `Recorded ${when}, judged by today's rules`,
    };
    setText(slot(box, "title"), titles[since.against.kind]);
    setText(slot(box, "summary"), since.summary);
    slot(box, "more").hidden = !since.differences.length;
    setList(slot(box, "list"), since.differences.map(difference));
  }

  /** Runs that ended with the same error are one line: "57 diagnostics did not run".
   * @param {Result[]} results */
  function groupErrors(results) {
    const groups = new Map();
    for (const result of results) {
      if (!result.error || result.error.code === "cancelled") continue;
      groups.set(result.error.code, [...(groups.get(result.error.code) ?? []), result]);
    }
    return [...groups.values()].map((members) => errorFor([members[0], members.length], () => findingItem(state, {
      verdict: "unknown",
      label: members.length === 1 ? state.diagnostics.get(members[0].diagnostic)?.title ?? members[0].title
        : `${members.length} diagnostics got no answer`,
      reason: members[0].error.message,
      next_step: members[0].error.hint,
      related: [],
    })));
  }

  part(root, "checkup").addEventListener("click", (event) => guarded(event.currentTarget, () => state.api.startCheckup()).then(schedule));
  part(root, "checkup-cancel").addEventListener("click", (event) =>
    guarded(event.currentTarget, () => state.api.cancelCheckup(state.checkup?.checkup ?? "")));
  part(root, "checkup-rest").addEventListener("click", (event) =>
    guarded(event.currentTarget, () => state.api.startCheckup(state.headline.rest)).then(schedule));
  state.on("lost", ({ message, hint }) => notify("bad", `Not kept in the history: ${message}`, hint));
  state.on("board", (now) => (now ? render() : schedule()));
  if (state.told) render();
}
