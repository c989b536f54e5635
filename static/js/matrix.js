// The newest check-up of all boards as a matrix, worst first both ways. What is wrong on all of them stands above.
import { addressOf, el, icon, setContent, slot, WORDS } from "../js/dom.js";

/** @typedef {Api["Matrix"]["bays"][number]} Column */

const NOTHING = ["not started", "unknown"];
const MANY = 8; // columns; beyond that a cell is its icon

/** shared: whose fault what all boards have is. href: where a board's results are.
 * @typedef {{shared: string, href: (bay: string) => string}} Place */

/** Show the matrix under `root`, or nothing where there is none.
 * @param {HTMLElement} root
 * @param {Api["Matrix"] | null} matrix
 * @param {Place} place */
export function showMatrix(root, matrix, place) {
  slot(root, "matrix").hidden = !matrix;
  if (!matrix) return;
  setContent(slot(root, "matrix-body"), verdictLine(matrix), notStarted(matrix.bays), shared(matrix, place), table(matrix, place));
}

/** @param {Api["Matrix"]} matrix */
function verdictLine(matrix) {
  const words = matrix.verdict ? WORDS.verdicts[matrix.verdict] : null;
  const text = matrix.state === "running" ? "It is running." : words ? `Worst verdict: ${words.word}.` : "";
  return el("p.fleet-verdict", { "data-verdict": matrix.verdict ?? "none" }, icon(words?.icon ?? "busy"), text);
}

/** @param {Column[]} bays */
function notStarted(bays) {
  const missing = bays.filter((bay) => NOTHING.includes(bay.state));
  return missing.length > 0 && el("ul.fleet-missing", {}, missing.map((bay) =>
    el("li", {}, el("strong", {}, `${bay.place}: ${bay.state === "unknown" ? "outcome unknown" : "not started"}. `), `${bay.cause} ${bay.hint}`)));
}

/** @param {Api["Matrix"]} matrix
 * @param {Place} place */
function shared({ common, suspects }, place) {
  return (common.length + suspects.length > 0) && el("section.fleet-common", {},
    el("h3", {}, place.shared),
    el("ul", {}, suspects.map((text) => el("li", { "data-verdict": "warn" }, icon("warn"), text)),
      common.map((each) => el("li", { "data-verdict": each.verdict }, badge(each.verdict), each.text))));
}

/** @param {Api["Matrix"]} matrix
 * @param {Place} place */
function table(matrix, place) {
  const bays = matrix.bays.filter((bay) => !NOTHING.includes(bay.state));
  if (!matrix.rows.length) {
    return matrix.state === "running" ? false : el("p.hint", {}, "No board has anything of its own to report.");
  }
  return el("div.matrix-scroll", { tabindex: "0", role: "region", "aria-label": "Boards by diagnostics" },
    el("table.matrix", { "data-many": bays.length > MANY ? "yes" : "no" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Diagnostic"),
        bays.map((bay) => el("th", { scope: "col", title: `${bay.place}: ${bay.name}` }, short(bay, bays))))),
      el("tbody", {}, matrix.rows.map((row) => el("tr", {}, el("th", { scope: "row" }, row.title),
        bays.map((bay) => el("td", {}, cell(bay, row, place))))))));
}

/** Many columns need short heads: "1-2.3" for "USB port 1-2.3".
 * @param {Column} bay
 * @param {Column[]} bays */
const short = (bay, bays) => (bays.length > MANY ? bay.place.replace(/^USB port /, "") : bay.place);

/** @param {Column} bay
 * @param {Api["Matrix"]["rows"][number]} row
 * @param {Place} place */
function cell(bay, row, place) {
  const found = row.cells[bay.bay];
  if (!found) return el("span.visually-hidden", {}, "no result");
  return el("a", { href: `${place.href(bay.bay)}${addressOf(row.diagnostic)}`, title: found.summary, "data-verdict": found.verdict },
    icon(WORDS.verdicts[found.verdict].icon), el("span", {}, WORDS.verdicts[found.verdict].word));
}

/** @param {Verdict} verdict */
function badge(verdict) {
  return el("span.badge", {}, icon(WORDS.verdicts[verdict].icon), WORDS.verdicts[verdict].word);
}
