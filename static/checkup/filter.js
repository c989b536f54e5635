// Which rows are shown: chips by verdict, and words that all must occur in a row.
import { all, part, clean, el, setText, slot } from "../js/dom.js";

/** The filter over one board's rows.
 * @param {Root} root
 * @param {Board} state
 * @param {Rows} rows */
export function mountFilter(root, state, rows) {
  /** @type {Set<string>} */
  const chosen = new Set();
  /** @type {number | null} */
  let timer = null;
  const chips = /** @type {HTMLElement[]} */ ([...slot(part(root, "filter"), "chips").children]);

  /** @param {string} verdict */
  function toggle(verdict) {
    if (!chosen.delete(verdict)) chosen.add(verdict);
    apply();
  }

  function clearFilter() {
    chosen.clear();
    part(root, "search").value = "";
    apply();
  }

  function apply() {
    const words = part(root, "search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const counts = Object.fromEntries(chips.map(({ dataset }) => [dataset.verdict ?? "", 0]));
    let shown = 0;
    for (const row of rows.allRows()) {
      const verdict = chipOf(row);
      counts[verdict] += 1;
      const fits = (!chosen.size || chosen.has(verdict)) && (!words.length || matches(row.dataset.row ?? "", words));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const section of all(root, ".category")) renderCategory(section);
    part(root, "main").toggleAttribute("data-filtered", chosen.size > 0 || words.length > 0);
    const total = rows.allRows().length;
    setText(part(root, "printed"), shown < total ? `A filter is on: ${shown} of ${total} diagnostics are printed.` : "");
    renderChips(counts);
    renderEmpty(shown);
  }

  /** What has no result is counted where the headline counts it: as not checked, or not at all.
   * @param {HTMLElement} row */
  function chipOf(row) {
    const { verdict = "", row: id = "" } = row.dataset;
    return verdict === "none" && state.headline.unchecked.includes(id) ? "unknown" : verdict;
  }

  /** @param {string} id
   * @param {string[]} words */
  function matches(id, words) {
    const item = state.diagnostics.get(id);
    const result = state.results.get(id);
    const own = result && !state.fromOther(result) ? [result.summary, ...(result.findings ?? []).map((finding) => `${finding.label} ${finding.reason}`)] : [];
    const text = clean([id, item?.title, item?.category, item?.why, item?.command, ...own].join(" ")).toLowerCase();
    return words.every((word) => text.includes(word));
  }

  /** @param {HTMLElement} section */
  function renderCategory(section) {
    const own = all(section, "[data-row]");
    const visible = own.filter((row) => !row.hidden).length;
    section.hidden = !visible;
    const run = own.filter((row) => row.dataset.verdict !== "none").length;
    const total = Number(section.dataset.rows);
    setText(slot(section, "count"), visible < total ? `${visible} of ${total} shown` : run ? `${run} of ${total} run` : `${total}`);
  }

  /** @param {Record<string, number>} counts */
  function renderChips(counts) {
    for (const chip of chips) {
      const verdict = chip.dataset.verdict ?? "";
      chip.setAttribute("aria-pressed", String(chosen.has(verdict)));
      chip.hidden = !counts[verdict] && !chosen.has(verdict);
      setText(slot(chip, "n"), String(counts[verdict]));
    }
  }

  /** @param {number} shown */
  function renderEmpty(shown) {
    const empty = slot(part(root, "filter"), "empty");
    empty.hidden = shown > 0;
    if (shown) return;
    empty.replaceChildren("No diagnostic fits. ", el("button.button.small", { type: "button", onclick: clearFilter }, "Show all"));
  }

  /** To a category, below what stays in sight; the filter is lifted if it hides it.
   * @param {MouseEvent} event */
  function jump(event) {
    const hash = /** @type {Element} */ (event.target).closest("a")?.hash;
    const section = hash ? /** @type {HTMLElement | null} */ (root.querySelector(hash)) : null;
    if (!section) return;
    event.preventDefault();
    part(root, "jump").open = false;
    if (section.hidden) clearFilter();
    rows.lookAt(section);
    section.querySelector("summary")?.focus({ preventScroll: true });
  }

  for (const chip of chips) chip.addEventListener("click", () => toggle(chip.dataset.verdict ?? ""));
  part(root, "search").addEventListener("input", apply);
  part(root, "jump").addEventListener("click", jump);
  function soon() {
    timer ??= setTimeout(() => {
      timer = null;
      apply();
    }, 80);
  }

  state.on("board", (now) => {
    if (!now) return soon();
    rows.drawRows();
    apply();
  });
  state.on("drawn", soon);
  apply();
  return { clearFilter };
}
