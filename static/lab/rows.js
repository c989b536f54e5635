// A bench with its places on the page Lab. Each part of a row is made again only when its facts are others.
import { button, el, icon, setText } from "../js/dom.js";
import { dateTime, plural } from "../js/format.js";
import { whenBack } from "./errands.js";
import { isAny, meant } from "../js/choice.js";

/** @typedef {{bench: string, bay: string, device_id: string | null}} Board */
/** @typedef {{check: (boards: Board[]) => unknown, look: () => unknown}} Does */
/** @typedef {Api["LabBench"]} Bench */
/** @typedef {Api["LabBay"]} Bay */
/** @typedef {import("../js/choice.js").Choice} Choice */

const ROW_REM = 2.9;
const HEAD_REM = 5;
const PAGES = [["live", "Live"], ["logs", "Logs"], ["terminal", "Terminal"]];

/** Let a node have these children, and leave it alone where it has them.
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} nodes */
export function arranged(parent, nodes) {
  const { children } = parent;
  if (nodes.length === children.length && nodes.every((each, at) => children[at] === each)) return;
  parent.replaceChildren(...nodes);
}

/** A bench's section. show: as it is now; nothing happens where nothing changed.
 * @param {string} name
 * @param {Does} does */
export function section(name, does) {
  const hint = el("p.hint");
  const list = el("ul");
  const node = el("section.lab-bench", { "aria-label": name, "data-bench": name }, el("h2", {}, name), hint, list);
  /** @type {Map<string, ReturnType<typeof row>>} */
  let rows = new Map();
  /** @type {Bench | null} */
  let shown = null;
  let chosen = "";

  /** @param {Bench} bench
   * @param {Choice} choice */
  const show = (bench, choice) => {
    const wanted = JSON.stringify(choice);
    if (bench === shown && wanted === chosen) return;
    [shown, chosen] = [bench, wanted];
    node.dataset.here = bench.here ? "yes" : "no";
    setText(hint, presence(bench));
    const now = new Map(bench.bays.map((bay) => [bay.id, rows.get(bay.id) ?? row(does)]));
    for (const bay of bench.bays) {
      const its = /** @type {ReturnType<typeof row>} */ (now.get(bay.id));
      its.show(bench, bay);
      its.node.hidden = !meant(choice, { bench: bench.id, bay });
    }
    const nodes = [...now.values()].map((each) => each.node);
    arranged(list, nodes);
    rows = now;
    const seen = nodes.filter((each) => !each.hidden).length;
    node.hidden = !seen && !isAny(choice);
    node.style.setProperty("contain-intrinsic-block-size", `auto ${HEAD_REM + ROW_REM * seen}rem`);
  };
  return { node, show };
}

/** @param {Bench} bench */
function presence(bench) {
  const words = [bench.here ? "Connected" : bench.heard ? `Not connected since ${dateTime(bench.heard)}` : "Never connected yet"];
  if (bench.waiting) words.push(`${plural(bench.waiting, "result")} still to come`);
  if (bench.parked) words.push(`${plural(bench.parked, "result")} not taken`);
  const off = Math.round(bench.clock_offset_s ?? 0);
  if (Math.abs(off) > 2) words.push(`its clock is ${off} s off`);
  return `${words.join(", ")}.${bench.refused && ` ${bench.refused}`}`;
}

/** A part of a row: what it depends on, and how it is made.
 * @typedef {{facts: (bench: Bench, bay: Bay) => unknown[], make: (bench: Bench, bay: Bay, does: Does) => Node}} Part */

/** @type {Part[]} */
const PARTS = [
  { facts: (_, bay) => [bay.place], make: (_, bay) => el("span", {}, bay.place) },
  { facts: ({ here }, { board, device_id, gone, tags }) => [here, board, device_id, gone, tags], make: named },
  { facts: ({ here }, { link }) => [here, link], make: ({ here }, { link }) =>
    el("span.lab-state", { "data-tone": link.tone }, icon(link.icon), el("span", {}, here ? link.word : "Not known now")) },
  { facts: (_, bay) => [bay.verdict, bay.badge, bay.last, bay.running, bay.done, bay.total, bay.call?.told],
    make: badge },
  { facts: ({ here }, bay) => [here, bay.gone, bay.board, bay.device_id, Boolean(bay.running)], make: action },
];

/** One place.
 * @param {Does} does */
function row(does) {
  /** @type {string[]} */
  const known = PARTS.map(() => "");
  /** @type {Bay | null} */
  let shown = null;
  let here = false;
  const node = el("li", {}, ...PARTS.map(() => document.createComment("")));
  const parts = [...node.childNodes];

  /** @param {Bench} bench
   * @param {Bay} bay */
  const show = (bench, bay) => {
    if (bay === shown && bench.here === here) return;
    [shown, here] = [bay, bench.here];
    PARTS.forEach(({ facts, make }, at) => {
      const now = JSON.stringify(facts(bench, bay));
      if (now === known[at]) return;
      known[at] = now;
      const fresh = /** @type {ChildNode} */ (make(bench, bay, does));
      replaced(parts[at], fresh);
      parts[at] = fresh;
    });
  };
  return { node, show };
}

/** Put one in the other's place; who had the focus there has it in the same control of the new one.
 * @param {ChildNode} old
 * @param {ChildNode} fresh */
function replaced(old, fresh) {
  const focused = document.activeElement;
  const of = focused && old.contains(focused) ? focused.getAttribute("data-of") : null;
  old.replaceWith(fresh);
  if (of === null || !(fresh instanceof HTMLElement)) return;
  const controls = /** @type {HTMLElement[]} */ ([fresh, ...fresh.querySelectorAll("[data-of]")]);
  controls.find((each) => each.getAttribute("data-of") === of)?.focus();
}

/** @param {Bench} bench
 * @param {Bay} bay */
const nameOf = (bench, bay) => `${bench.id}/${bay.id}`;

/** Who is there, what the hub shows of that board, and its tags. By itself the hub shows its history, and its newest
 * check-up while the bench is away; the rest through its bench.
 * @param {Bench} bench
 * @param {Bay} bay */
function named(bench, bay) {
  const of = nameOf(bench, bay);
  const words = bay.board ?? (bay.gone ? `No board, ${bay.gone.board} was here` : "No board");
  const far = `/bays/${of.replace("/", ":")}/`;
  const live = bench.here ? PAGES.map(([page, word]) => [`${far}${page}`, word]) : [];
  const links = [[`/boards/${bay.device_id}`, "History"], [far, "Check-up"], ...live].map(([href, word]) =>
    el("a", { href, "aria-label": `${word}: ${bay.board}`, "data-of": `${of}/${word}` }, word));
  return el("span.lab-board", {}, words, bay.board ? el("span.lab-pages", {}, links) : null,
    bay.tags.map((word) => el("span.tag", {}, word)));
}

/** @param {Bench} _
 * @param {Bay} bay */
function badge(_, bay) {
  const words = bay.running ? `${bay.done} of ${bay.total} checked` : bay.badge.word;
  return el("span.lab-badge", { "data-verdict": bay.verdict ?? "none" }, icon(bay.running ? "busy" : bay.badge.icon),
    el("span", {}, words), el("span.lab-told", {}, told(bay)));
}

/** What became of its call; else when it was checked, where that was before its bench was started.
 * @param {Bay} bay */
function told({ call, running, last }) {
  if (call) return call.told;
  return last?.checked_at && !running ? `last checked ${dateTime(last.checked_at)}` : "";
}

/** @param {Bench} bench
 * @param {Bay} bay
 * @param {Does} does */
function action(bench, bay, does) {
  const of = nameOf(bench, bay);
  if (bay.gone) return whenBack(bay.gone, of, does.look);
  if (!bench.here || !bay.board) return document.createComment("");
  const board = { bench: bench.id, bay: bay.id, device_id: bay.device_id };
  const told = { disabled: Boolean(bay.running), "data-of": of, "aria-label": `Check ${bay.board}` };
  return button("Check", "run", () => does.check([board]), ".small", told);
}
