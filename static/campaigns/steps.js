// The steps of a new campaign: rows that a person adds, moves by order of adding, and takes away.
import { button, el, setContent } from "../js/dom.js";

const KINDS = [["checkup", "Check-up"], ["diagnostics", "Diagnostics"], ["recording", "Recording"], ["wait", "Wait"]];
const MOST = 20;
const MINUTES = { recording: 10, wait: 5 };

/** @param {HTMLElement} list
 * @param {HTMLElement} add
 * @param {{id: string, title: string, whose: string}[]} diagnostics */
export function mountSteps(list, add, diagnostics) {
  const append = () => {
    if (list.children.length < MOST) list.append(row(list, diagnostics));
  };
  add.addEventListener("click", () => {
    append();
    list.lastElementChild?.querySelector("select")?.focus();
  });
  append();
  return { read: () => [...list.children].map(read) };
}

/** @param {HTMLElement} list
 * @param {{id: string, title: string, whose: string}[]} diagnostics */
function row(list, diagnostics) {
  const more = el("span.campaign-more", {});
  const kind = el("select", { "aria-label": "What is done", autocomplete: "off" }, KINDS.map(([value, word]) => el("option", { value }, word)));
  const change = () => setContent(more, ...detail(kind.value, diagnostics));
  kind.addEventListener("change", change);
  const remove = button("Remove", "close", () => list.children.length > 1 && made.remove(), ".small.quiet", { "aria-label": "Remove this step" });
  const made = el("li", {}, kind, more, remove);
  change();
  return made;
}

/** What a step of this kind needs besides.
 * @param {string} kind
 * @param {{id: string, title: string, whose: string}[]} diagnostics */
function detail(kind, diagnostics) {
  if (kind === "recording" || kind === "wait") {
    return [el("label.campaign-unit", {}, el("input", { type: "number", min: 1, max: kind === "recording" ? 120 : 10080, step: "any", required: true,
      value: MINUTES[kind], "data-of": "minutes", "aria-label": "Minutes" }), "minutes")];
  }
  if (kind === "checkup") return [el("span.campaign-told", {}, "All diagnostics that disturb nothing.")];
  return [el("select", { multiple: true, size: 5, "data-of": "diagnostics", "aria-label": "Which diagnostics" },
    diagnostics.map(({ id, title, whose }) => el("option", { value: id }, whose === "yours" ? `${title} (your own)` : title))),
  el("input", { "data-of": "more", autocomplete: "off", spellcheck: "false", placeholder: "Ids that only benches have, with commas", "aria-label": "More ids, with commas" })];
}

/** @param {Element} made */
function read(made) {
  const kind = /** @type {HTMLSelectElement} */ (made.querySelector("select")).value;
  const minutes = /** @type {HTMLInputElement | null} */ (made.querySelector("[data-of=minutes]"));
  if (minutes) return { kind, minutes: Number(minutes.value) };
  const more = /** @type {HTMLInputElement | null} */ (made.querySelector("[data-of=more]"));
  if (!more) return { kind };
  const chosen = /** @type {HTMLOptionElement[]} */ ([...made.querySelectorAll("[data-of=diagnostics] option:checked")]);
  return { kind, diagnostics: [...chosen.map((each) => each.value), ...more.value.split(",").map((each) => each.trim()).filter(Boolean)] };
}
