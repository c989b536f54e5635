// The inside of an opened row: findings with evidence, limit and next step; values; raw output; command; facts.
import { addressOf, BOOT, button, el, icon, WORDS } from "../js/dom.js";
import { copyText } from "../js/copy.js";
import { clock, plural, seconds, sentence } from "../js/format.js";
import { guarded } from "../js/notices.js";
import { momentLinks } from "./moment.js";
import { outputSection } from "./output.js";
import { valueTable } from "./values.js";

/** @param {Verdict} verdict */
export function badge(verdict) {
  const words = WORDS.verdicts[verdict];
  return el("span.badge", { "data-verdict": verdict }, icon(words.icon), el("span.badge-word", {}, words.word));
}

/** What the panel beside the list begins with: whose details these are, and the way out.
 * @param {string} title
 * @param {Verdict | undefined} verdict
 * @param {() => void} close */
export function panelHead(title, verdict, close) {
  return el("div.panel-head", { "data-live": true }, el("h2", {}, title), verdict ? badge(verdict) : null,
    button("Close", "close", close, ".small.quiet.icon-only", { title: "Close (Esc)" }));
}

/** @param {Partial<Finding>} finding */
function limit(finding) {
  const { limit: words, limit_source: source } = finding;
  if (!words) return source ? el("p.limit", {}, `Source: ${source}`) : null;
  return el("p.limit", {}, sentence(`Limit: ${words}`), source ? ` — ${source}` : "");
}

/** One finding of a board; `from` adds the diagnostic it belongs to as a link.
 * @param {Board} state
 * @param {Partial<Api["Finding"]>} finding
 * @param {{id: string, title: string} | null} from
 * @param {MomentLink[]} moment where it is seen when it happened (moment.js) */
export function findingItem(state, finding, from = null, moment = []) {
  return el("li.finding", { "data-verdict": finding.verdict },
    el("div.finding-head", {}, badge(finding.verdict ?? "unknown"), el("span.finding-label", {}, headOf(finding, from))),
    el("p", {}, sentence(finding.reason)),
    limit(finding),
    nextStep(finding.next_step),
    finding.why && finding.next_step ? el("p.why", {}, sentence(`Why it matters: ${finding.why}`)) : null,
    from ? null : evidence(finding),
    related(state, finding),
    from ? null : swapLink(state, finding),
    momentLine(moment),
    from ? el("p.finding-from", {}, el("a", { href: `#${from.id}` }, `See ${from.title}`)) : null);
}

/** One click to the log or the charts at that time.
 * @param {MomentLink[]} links */
function momentLine(links) {
  return links.length ? el("p.finding-moment", { "data-live": true },
    links.map(({ word, href }) => el("a", { href }, word))) : null;
}

/** In a list of many diagnostics a finding is headed by what it is about: "CAN bus: can0", not "can0".
 * @param {Partial<Finding>} finding
 * @param {{id: string, title: string} | null} from */
const headOf = ({ label = "" }, from) => (from && from.title !== label ? `${from.title}: ${label}` : label);

/** @param {string | undefined} text */
const nextStep = (text) => (text ? el("p.step", {}, icon("next"), el("span", {}, el("strong", {}, "Next step: "), text)) : null);

/** What several findings have in common, as one card: what is wrong, one next step, its evidence folded below.
 * @param {Api["Headline"]["diagnoses"][number]} diagnosis
 * @param {Node[]} seen its findings, as items
 * @param {boolean} open whether they are shown
 * @param {MomentLink[]} moment of the first that has one */
export function diagnosisItem(diagnosis, seen, open, moment) {
  return el("li.finding.diagnosis", { "data-verdict": diagnosis.verdict, "data-diagnosis": diagnosis.id },
    el("div.finding-head", {}, badge(diagnosis.verdict), el("span.finding-label", {}, diagnosis.title)),
    el("p", {}, sentence(diagnosis.line)),
    nextStep(diagnosis.next_step),
    momentLine(moment),
    el("details.diagnosis-seen", { open }, el("summary", {}, `Evidence: ${plural(seen.length, "finding")}`),
      el("ol.finding-list", {}, ...seen)));
}

/** @param {Partial<Finding>} finding */
function evidence(finding) {
  return finding.evidence ? el("pre.code.evidence", {}, finding.evidence) : null;
}

/** @param {Board} state
 * @param {Partial<Finding>} finding */
function related(state, finding) {
  const known = (finding.related ?? []).filter((id) => state.diagnostics.has(id));
  if (!known.length) return null;
  const links = known.flatMap((id, index) => [index ? ", " : "", el("a", { href: `#${id}` }, state.diagnostics.get(id)?.title)]);
  return el("p.why", {}, "May be explained by: ", links);
}

/** A fault may be followed by swapping parts (the page Swap test).
 * @param {Board} state
 * @param {Partial<Finding>} finding */
function swapLink(state, finding) {
  if (state.readOnly || (finding.verdict !== "fail" && finding.verdict !== "warn")) return null;
  const query = new URLSearchParams({ bay: state.bay, item: finding.label ?? "" });
  return el("p.why", {}, el("a", { href: `/swap?${query}` }, "Swap parts to find the bad one"));
}

/** Where a finding of the board at hand is seen at its moment.
 * @param {Board} state
 * @param {Finding} finding
 * @param {Result} result */
export const momentsOf = (state, finding, result) =>
  (BOOT.kept ? [] : momentLinks(finding, result, state.results.get("uptime"), location.pathname));

/** @param {Board} state
 * @param {Row} diagnostic
 * @param {Result} result
 * @param {() => void} rerun */
export function resultBody(state, diagnostic, result, rerun) {
  const command = result.command || diagnostic.command || "";
  return [
    tools(state, diagnostic, result, rerun),
    result.error ? errorBox(result.error) : null,
    result.findings?.length && !result.error ? findings(state, result) : null,
    result.reading?.unknown_count && Array.isArray(result.reading.unknown) && result.reading.unknown.length
      ? normalSection(state, diagnostic, result, rerun) : null,
    result.reading && Object.keys(result.reading).length
      ? el("section", {}, el("div.section-head", {}, el("h3", {}, "Values")), valueTable(result.reading, result.labels)) : null,
    result.error && !result.stdout && !result.stderr ? null : outputSection(result),
    commandSection(command),
    factLine(result),
  ].filter(Boolean);
}

/** What a diagnostic is, before it was ever run.
 * @param {Row} diagnostic */
export function plainBody(diagnostic) {
  return [
    el("p", {}, diagnostic.why),
    el("p.hint", {}, `If something is wrong: ${diagnostic.next_step}`),
    commandSection(diagnostic.command ?? ""),
  ];
}

/** @param {Board} state
 * @param {Row} diagnostic
 * @param {Result} result
 * @param {() => void} rerun */
function tools(state, diagnostic, result, rerun) {
  /** @param {EventTarget | null} pressed */
  const copyAsText = async (pressed) => copyText((await state.api.resultText(result.run)).text, "Result", pressed);
  return el("div.result-tools", { "data-live": true },
    button("Run again", "reload", rerun, ".small.quiet", { "data-acts": true }),
    button("Copy as text", "copy", ({ currentTarget }) => guarded(currentTarget, () => copyAsText(currentTarget)), ".small.quiet"),
    button("Copy as JSON", "copy", (event) => copyText(JSON.stringify(result, null, 2), "Result", event.currentTarget), ".small.quiet"),
    button("Copy link", "link", (event) => copyText(`${location.origin}${location.pathname}${addressOf(diagnostic.id)}`, "Link", event.currentTarget), ".small.quiet"));
}

/** @param {Cause} error */
function errorBox(error) {
  return el("div.banner", { "data-tone": error.code === "cancelled" ? "off" : "bad" },
    el("div.banner-text", {}, el("p", {}, error.message), error.hint ? el("p", {}, el("strong", {}, error.hint)) : null));
}

/** @param {Board} state
 * @param {Result} result */
function findings(state, result) {
  return el("section", {}, el("div.section-head", {}, el("h3", {}, "Findings")),
    el("ol.finding-list", {}, result.findings.map((item) => findingItem(state, item, null, momentsOf(state, item, result)))));
}

/** Messages that this board always prints and works: one click makes them known for it.
 * @param {Board} state
 * @param {Row} diagnostic
 * @param {Result} result
 * @param {() => void} rerun */
function normalSection(state, diagnostic, result, rerun) {
  const call = async () => {
    await state.api.callNormal(diagnostic.id, result.started_at);
    rerun();
  };
  return el("p.hint", { "data-live": true }, "If this board always prints these messages and works: ",
    button(WORDS.normal, "pass", (event) => guarded(event.currentTarget, call), ".small.quiet", { "data-acts": true }));
}

/** @param {string} command */
function commandSection(command) {
  return el("section", {},
    el("div.section-head", {}, el("h3", {}, "Command"),
      button("Copy", "copy", (event) => copyText(command, "Command", event.currentTarget), ".small.quiet", { "data-live": true, "aria-label": "Copy command" })),
    el("pre.code", {}, command));
}

/** @param {Result} result */
function factLine(result) {
  const facts = [
    ["Exit status", result.exit_status ?? (result.error ? null : "none (stopped)")],
    ["Duration", seconds(result.duration_s)],
    ["Path", WORDS.paths[result.path ?? ""] ?? result.path],
    ["Run at", result.started_at ? clock(result.started_at) : ""],
    ["Device", result.device],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl.fact-line", {}, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, String(value)))));
}
