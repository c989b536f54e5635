// The rows of the catalogue: verdict, one sentence, run and cancel; the body is built when it is opened.
import { all, announce, part, el, icon, setContent, setText, slot, WORDS } from "../js/dom.js";
import { seconds, sentence } from "../js/format.js";
import { showError } from "../js/notices.js";
import { badge, panelHead, plainBody, resultBody } from "./result.js";
import { layOutAll } from "./columns.js";
import { mountSide } from "./side.js";

/** How many of a result's checks could not be made.
 * @param {Result} result */
export const notChecked = (result) => (result.findings ?? []).filter((finding) => finding.verdict === "skip").length;
const A_FRAME = 6; // rows, which may come by the dozen: to lay one out and paint it is ten times this script's work
const APART_MS = 60; // a row that starts and ends meanwhile is drawn once

/** The rows of one board. What others may ask of them is returned.
 * @param {Root} root
 * @param {Board} state */
export function mountRows(root, state) {
  /** @type {Set<string>} */
  const asked = new Set(); // ids whose run was asked for and has not been heard of yet
  /** @type {WeakMap<Element, unknown>} */
  const built = new WeakMap(); // row -> the result its body shows
  /** @type {Set<string>} */
  const stale = new Set(); // ids whose row is not drawn yet as it is
  /** @type {number | null} */
  let drawing = null;
  let drawnAt = 0;
  /** @type {number | undefined} */
  let ticking;

  const byName = new Map(all(root, "[data-row]").map((row) => [row.dataset.row ?? "", row]));
  /** @param {string} id
   * @returns {HTMLElement | null} */
  const rowOf = (id) => byName.get(id) ?? null;
  const allRows = () => [...byName.values()];

  /** Some rows a frame, so that the page scrolls and answers while results stream in. */
  function drawSome() {
    drawnAt = performance.now();
    drawing = null;
    for (const id of [...stale].slice(0, A_FRAME)) {
      stale.delete(id);
      renderRow(id);
    }
    if (stale.size) drawing = requestAnimationFrame(drawSome);
    else state.emit("drawn");
  }

  /** Draw all rows that wait for it now: for whoever needs them as they are. */
  function drawRows() {
    for (const id of stale) renderRow(id);
    stale.clear();
  }

  /** The Run button: start, or cancel what runs.
   * @param {string} id */
  async function press(id) {
    const run = state.runOf(id);
    if (state.readOnly) return;
    try {
      if (run) await state.api.cancelRun(run.run);
      else await start(id);
    } catch (error) {
      showError(error);
    }
  }

  /** @param {string} id */
  async function start(id) {
    if (asked.has(id)) return;
    asked.add(id);
    renderRow(id);
    try {
      await state.api.runDiagnostic(id);
    } finally {
      // The event of the start may be a moment behind the answer.
      setTimeout(() => {
        asked.delete(id);
        state.emit("row", id);
      }, state.runOf(id) ? 0 : 400);
    }
  }

  /** @param {string} id */
  function renderRow(id) {
    const row = rowOf(id);
    if (!row || !state.told) return;
    const result = state.results.get(id);
    const run = state.runOf(id);
    if (run) asked.delete(id);
    const other = result ? state.fromOther(result) : false;
    const busy = Boolean(run) || asked.has(id);
    row.dataset.state = busy ? "running" : "idle";
    row.dataset.verdict = result && !other ? result.verdict : "none";
    row.toggleAttribute("data-other", other);
    renderBadge(row, result, busy, other);
    setText(slot(row, "summary"), summaryOf(id, result, other));
    renderMeta(row, run);
    renderButton(row, id, run, busy, Boolean(result));
    if (row.querySelector("details")?.open) fillBody(row, id);
    tick();
  }

  /** @param {HTMLElement} row
   * @param {Result | undefined} result
   * @param {boolean} busy
   * @param {boolean} other */
  function renderBadge(row, result, busy, other) {
    const cancelled = result?.error?.code === "cancelled";
    const counted = !result && state.headline.unchecked.includes(row.dataset.row ?? ""); // as its chip has it
    const shows = busy ? "busy" : other ? "other" : counted ? "unknown" : !result ? "none" : cancelled ? "cancelled" : result.verdict;
    if ((row.dataset.badge ?? "none") === shows) return;
    row.dataset.badge = shows;
    let fresh;
    if (busy) fresh = el("span.badge", {}, icon("busy", "spin"), el("span.badge-word", {}, "Running"));
    else if (counted || (result && !other)) fresh = badge(result?.verdict ?? "unknown");
    else fresh = el("span.badge", {}, icon("none"), el("span.badge-word", {}, other ? "Board before" : "Not run"));
    if (shows === "cancelled") setText(fresh.querySelector(".badge-word"), "Cancelled");
    fresh.dataset.slot = "badge";
    slot(row, "badge").replaceWith(fresh);
  }

  /** @param {string} id
   * @param {Result | undefined} result
   * @param {boolean} other */
  function summaryOf(id, result, other) {
    if (!result) return state.diagnostics.get(id)?.why;
    if (other) return `Result of the board before (${result.device}): run it again for this one.`;
    const open = notChecked(result);
    return (result.verdict === "pass" && open ? `OK, ${open} not checked. ` : "") + sentence(result.summary);
  }

  /** How long it runs; what it took stands in its details.
   * @param {HTMLElement} row
   * @param {Running | undefined} run */
  function renderMeta(row, run) {
    setText(slot(row, "meta"), run ? seconds((Date.now() - run.since) / 1000) : "");
  }

  /** @param {HTMLElement} row
   * @param {string} id
   * @param {Running | undefined} run
   * @param {boolean} busy
   * @param {boolean} again */
  function renderButton(row, id, run, busy, again) {
    const control = slot(row, "run");
    const word = run ? "Cancel" : again ? "Rerun" : "Run";
    if (control.textContent?.trim() !== word) setContent(control, icon(run ? "stop" : again ? "reload" : "run"), el("span", {}, word));
    control.setAttribute("aria-label", `${word} ${state.diagnostics.get(id)?.title}`);
    control.disabled = !state.online || (busy && !run) || (!run && (state.awaited(id) || state.held()));
  }

  /** @param {HTMLElement} row
   * @param {string} id */
  function fillBody(row, id) {
    const result = state.results.get(id) ?? null;
    if (!row.querySelector("details")?.open || built.get(row) === (result ?? "plain")) return;
    buildBody(row, id);
  }

  /** Build the body now, opened or not (the saved file has all of them).
   * @param {HTMLElement} row
   * @param {string} id */
  function buildBody(row, id) {
    if (!state.told) return;
    const diagnostic = state.diagnostics.get(id) ?? { id, title: id, category: /** @type {const} */ ("system") };
    const result = state.results.get(id) ?? null;
    if (built.get(row) === (result ?? "plain")) return;
    built.set(row, result ?? "plain");
    setContent(slot(row, "body"), panelHead(diagnostic.title, result?.verdict, side.close),
      result ? resultBody(state, diagnostic, result, () => press(id)) : plainBody(diagnostic));
  }

  /** Elapsed times move while something runs. */
  function tick() {
    if (!state.running.size) {
      clearInterval(ticking);
      ticking = undefined;
      return;
    }
    ticking ??= setInterval(() => {
      for (const run of state.running.values()) {
        const row = rowOf(run.diagnostic);
        if (row) setText(slot(row, "meta"), seconds((Date.now() - run.since) / 1000));
      }
      tick();
    }, 200);
  }

  /** Scroll there exactly, though what is out of sight is not laid out.
   * @param {Element} node */
  function lookAt(node) {
    layOutAll(part(root, "categories"));
    node.scrollIntoView({ block: "start" });
  }

  /** Open a row and bring it into sight.
   * @param {string} id */
  function reveal(id) {
    const row = rowOf(id);
    if (!row) return;
    row.hidden = false;
    side.open(row);
    lookAt(row);
    row.querySelector("summary")?.focus({ preventScroll: true });
  }

  const side = mountSide(root, (row) => buildBody(row, row.dataset.row ?? ""));
  for (const row of allRows()) {
    const id = row.dataset.row ?? "";
    const diagnostic = state.diagnostics.get(id);
    if (diagnostic) {
      const summary = slot(row, "summary");
      diagnostic.why = summary.dataset.why ?? summary.textContent ?? ""; // as it came, before any result
      diagnostic.command = slot(row, "command").textContent ?? "";
    }
    slot(row, "run").addEventListener("click", () => press(id));
    row.querySelector("details")?.addEventListener("toggle", () => fillBody(row, id));
  }
  state.on("ran", ({ result }) => announce(`${result.title}: ${WORDS.verdicts[result.verdict].word}. ${result.summary}`));
  state.on("row", (id) => {
    stale.add(id);
    drawing ??= setTimeout(() => requestAnimationFrame(drawSome), drawnAt + APART_MS - performance.now());
  });
  return { allRows, buildBody, drawRows, lookAt, press, reveal, rowOf, side };
}
