// Which rows are shown: chips by verdict, and words that all must occur in a row.
import { byId, clean, el, icon, setText, slot, WORDS } from "../js/dom.js";
import { allRows, drawRows } from "./rows.js";
import { fromOther, on, state } from "../js/state.js";

const CHIPS = ["fail", "warn", "unknown", "pass", "info", "skip", "none"];
const nameOf = (verdict) => (verdict === "none" ? "Not run" : WORDS.verdicts[verdict].chip);
const chosen = new Set();
let timer = null;

export function startFilter() {
  const chips = CHIPS.map((verdict) => el("button.chip", {
    type: "button", "data-verdict": verdict, "aria-pressed": "false", onclick: () => toggle(verdict),
  }, icon(verdict === "none" ? "none" : WORDS.verdicts[verdict].icon), el("span", {}, nameOf(verdict)), el("span", { "data-slot": "n" })));
  slot(byId("ui-filter"), "chips").append(...chips);
  byId("ui-search").addEventListener("input", apply);
  on("board", (now) => {
    if (!now) return;
    drawRows();
    apply();
  });
  on("drawn", () => {
    timer ??= setTimeout(() => {
      timer = null;
      apply();
    }, 80);
  });
  apply();
}

function toggle(verdict) {
  if (!chosen.delete(verdict)) chosen.add(verdict);
  apply();
}

export function clearFilter() {
  chosen.clear();
  byId("ui-search").value = "";
  apply();
}

function apply() {
  const words = byId("ui-search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const counts = Object.fromEntries(CHIPS.map((verdict) => [verdict, 0]));
  let shown = 0;
  for (const row of allRows()) {
    const verdict = row.dataset.verdict ?? "";
    counts[verdict] += 1;
    const fits = (!chosen.size || chosen.has(verdict)) && (!words.length || matches(row.dataset.row, words));
    row.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  for (const section of document.querySelectorAll(".category")) renderCategory(section);
  renderChips(counts);
  renderEmpty(shown);
}

function matches(id, words) {
  const item = state.diagnostics.get(id);
  const result = state.results.get(id);
  const own = result && !fromOther(result) ? [result.summary, ...(result.findings ?? []).map((finding) => `${finding.label} ${finding.reason}`)] : [];
  const text = clean([id, item?.title, item?.category, item?.why, item?.command, ...own].join(" ")).toLowerCase();
  return words.every((word) => text.includes(word));
}

function renderCategory(section) {
  const rows = [...section.querySelectorAll("[data-row]")];
  const visible = rows.filter((row) => !row.hidden).length;
  section.hidden = !visible;
  const run = rows.filter((row) => row.dataset.verdict !== "none").length;
  const total = Number(section.dataset.rows);
  setText(slot(section, "count"), visible < total ? `${visible} of ${total} shown` : run ? `${run} of ${total} run` : `${total}`);
}

function renderChips(counts) {
  for (const chip of slot(byId("ui-filter"), "chips").children) {
    const verdict = chip.dataset.verdict;
    chip.setAttribute("aria-pressed", String(chosen.has(verdict)));
    chip.hidden = !counts[verdict] && !chosen.has(verdict);
    setText(slot(chip, "n"), String(counts[verdict]));
  }
}

function renderEmpty(shown) {
  const empty = slot(byId("ui-filter"), "empty");
  empty.hidden = shown > 0;
  if (shown) return;
  empty.replaceChildren("No diagnostic fits. ", el("button.button.small", { type: "button", onclick: clearFilter }, "Show all"));
}
