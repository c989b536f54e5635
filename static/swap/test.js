// One swap test: what to do now, what objects, the answer, and the evidence step by step.
import { button, el, icon, setContent, WORDS } from "../js/dom.js";
import { clock } from "../js/format.js";

/** @typedef {{swapped(id: string): void, end(id: string): void}} Act */

/** @type {Partial<Record<Api["SwapTest"]["answer"]["code"], string>>} */
const TONES = { follows: "pass", stays: "pass", unclear: "unknown" };
/** How a reading is shown: as a verdict, with a word of its own where that verdict's does not fit.
 * @type {Record<Api["SwapTest"]["evidence"][number]["places"][number]["seen"], {verdict: Verdict, own?: string}>} */
const SEEN = {
  fault: { verdict: "fail" },
  good: { verdict: "pass" },
  unread: { verdict: "unknown", own: "Not read" },
  unsteady: { verdict: "warn", own: "Comes and goes" },
};
/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap();

/** Show the test under `root`, or nothing where there is none yet.
 * @param {HTMLElement} root
 * @param {Api["SwapTest"] | undefined} test
 * @param {Act} act */
export function showTest(root, test, act) {
  root.hidden = !test;
  const now = JSON.stringify(test);
  if (!test || drawn.get(root) === now) return;
  const before = drawn.has(root);
  drawn.set(root, now);
  setContent(root, ...(test.state === "over" ? answer(test) : running(test, act)), evidence(test));
  if (before) root.querySelector("h2")?.focus(); // who works by keyboard or listens is led on
}

/** @param {string} text */
const head = (text) => el("h2", { tabindex: "-1" }, text);

/** @param {Api["SwapTest"]} test
 * @param {Act} act */
function running(test, act) {
  const [first, second] = test.places;
  const about = el("p.hint", {}, `${test.part.word}: ${first.words} and ${second.words}. The fault is at ${first.words} at the start.`);
  const end = button("End the test", "stop", () => act.end(test.swap_test), ".quiet");
  if (test.state === "reading") {
    const waits = test.waits_for ? "It waits until the board answers again." : "It reads both places several times. Leave the plugs alone.";
    return [head(test.evidence.length ? "Reading again…" : "Reading both places…"), about, el("p.swap-busy", {}, icon("busy"), waits), el("div.panel-buttons", { "data-live": true }, end)];
  }
  const begun = test.evidence.length > 0;
  const go = button(begun ? "Swapped: read again" : "Read again", "run", () => act.swapped(test.swap_test), ".primary");
  return [
    head(begun ? `Swap ${test.swaps + 1} of ${test.of}` : "Not begun yet"), about, objection(test.objection),
    begun && el("ol.swap-steps", {}, test.to_do.map((text) => el("li", {}, text))),
    el("div.panel-buttons", { "data-live": true }, go, end),
  ];
}

/** @param {Api["SwapTest"]["objection"]} found */
function objection(found) {
  return found && el("div.swap-objection", { "data-verdict": "warn", role: "alert" },
    el("p", {}, icon("warn"), el("strong", {}, found.text)), el("p", {}, found.hint));
}

/** @param {Api["SwapTest"]} test */
function answer({ answer: found, part, places }) {
  return [
    head("Answer"),
    el("div.swap-answer", { "data-verdict": TONES[found.code], "data-answer": found.code },
      el("p.swap-verdict", {}, icon(TONES[found.code] ?? ""), found.text), el("p", {}, found.reason),
      found.next_step && el("p.step", {}, el("strong", {}, "Next step: "), found.next_step),
      el("p.hint", {}, `${part.word}: ${places[0].words} and ${places[1].words}.`)),
  ];
}

/** @param {Api["SwapTest"]} test */
function evidence(test) {
  if (!test.evidence.length) return false;
  const places = test.places.map((each) => each.words);
  return el("section", { "aria-label": "Evidence" }, el("h3", {}, "Evidence"),
    el("div.swap-scroll", { tabindex: "0", role: "region", "aria-label": "Readings by step" }, el("table.swap-table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Step"), places.map((words) => el("th", { scope: "col" }, words)))),
      el("tbody", {}, test.evidence.map((step) => el("tr", {}, el("th", { scope: "row" }, step.step), step.places.map((told) => reading(told))))))));
}

/** @param {Api["SwapTest"]["evidence"][number]["places"][number]} told */
function reading(told) {
  const { verdict, own } = SEEN[told.seen];
  const words = WORDS.verdicts[verdict];
  const word = own ?? words.word;
  const fault = told.seen === "good" ? "" : ` in ${told.with_fault} of ${told.readings} readings`;
  return el("td", { "data-verdict": verdict, "data-place": told.place },
    el("p.swap-seen", {}, icon(words.icon), `${word}${told.seen === "good" ? ` in ${told.readings} readings` : fault}`),
    el("p", {}, told.said), el("p.hint", {}, `${told.board}, ${clock(told.at)}`));
}
