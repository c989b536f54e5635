// A reading as tables: keys in the words that came with it. What stands alone is one table, so that each value is
// beside its name. Each list of records is a separate table below, which scrolls alone.
import { el, WORDS } from "../js/dom.js";
import { measure } from "./measure.js";

const MOST_ROWS = 200; // of a list; the output has all
/** @param {unknown} value
 * @returns {value is Record<string, unknown>} */
const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** labels: of each key of the reading, however deep: its label and its unit.
 * @param {Record<string, unknown>} reading
 * @param {Result["labels"]} labels
 * @returns {HTMLElement} */
export function valueTable(reading, labels) {
  const parts = Object.entries(reading).map(([key, value]) => {
    const [label, unit] = labels[key];
    return { label, filled: cell(value, unit, labels) };
  });
  const wide = parts.filter(({ filled }) => filled.querySelector("table"));
  const plain = parts.filter((part) => !wide.includes(part));
  const rows = plain.map(({ label, filled }) => el("tr", {}, el("th", { scope: "row" }, label), filled));
  return el("div.values-parts", {},
    rows.length ? scroller(el("table.values", {}, el("tbody", {}, rows)), "Values") : null,
    wide.map(({ label, filled }) => el("div.values-part", {}, el("p.values-name", {}, label), ...filled.childNodes)));
}

/** @param {Element} table
 * @param {string} label */
function scroller(table, label) {
  return el("div.values-scroll", { tabindex: "0", role: "group", "aria-label": label }, table);
}

/** @param {unknown} value
 * @param {string} unit
 * @param {Result["labels"]} labels
 * @returns {HTMLElement} */
function cell(value, unit, labels) {
  if (value === null || value === undefined || value === "") return el("td.empty", {}, "not said");
  if (typeof value === "number") {
    const [shown, said] = measured(value, unit);
    return el("td.number", {}, shown, said ? el("span.unit", {}, `\u00a0${said}`) : null);
  }
  if (typeof value === "boolean") return el("td", {}, value ? "yes" : "no");
  if (Array.isArray(value)) return el("td", {}, list(value, unit, labels));
  if (isRecord(value)) return el("td", {}, Object.keys(value).length ? valueTable(value, labels) : "none");
  return el("td", {}, String(value));
}

/** @param {unknown[]} items
 * @param {string} unit
 * @param {Result["labels"]} labels
 * @returns {HTMLElement | string} */
function list(items, unit, labels) {
  if (!items.length) return "none";
  if (items.every(isRecord)) return recordTable(items, labels);
  if (items.some((item) => item !== null && typeof item === "object")) {
    return el("ul", {}, items.map((item) => el("li", {}, isRecord(item) ? valueTable(item, labels) : list([item].flat(), unit, labels))));
  }
  return items.map((item) => plain(item, unit)).join(items.some((item) => typeof item === "string" && item.length > 24) ? "\n" : ", ");
}

/** A unit that all numbers of a column are told in stands in its head, others beside their numbers.
 * @param {Record<string, unknown>[]} items
 * @param {Result["labels"]} labels
 * @returns {HTMLElement} */
function recordTable(items, labels) {
  const keys = [...new Set(items.flatMap((item) => Object.keys(item)))];
  const shown = items.slice(0, MOST_ROWS);
  const columns = keys.map((key) => {
    const [label, unit] = labels[key];
    const numbers = shown.map((item) => item[key]).filter((value) => typeof value === "number");
    const units = [...new Set(numbers.map((value) => measured(value, unit)[1]))];
    return { key, label, unit, shared: units.length === 1 ? units[0] : "" };
  });
  const head = columns.map(({ label, shared }) => el("th", { scope: "col" }, label, shared ? el("span.unit", {}, ` ${shared}`) : null));
  const rows = shown.map((item) => el("tr", {}, columns.map(({ key, unit, shared }) => {
    const filled = cell(item[key], unit, labels);
    if (shared) filled.querySelector(":scope > .unit")?.remove();
    return filled;
  })));
  const more = items.length - MOST_ROWS;
  if (more > 0) rows.push(el("tr", {}, el("td", { colspan: keys.length }, `${more} more are in the output.`)));
  return scroller(el("table.values", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)), "List of values");
}

/** @param {unknown} item
 * @param {string} unit */
const plain = (item, unit) => (item === null ? "not said" : typeof item === "number" ? measured(item, unit).join("\u00a0").trim() : String(item));

/** As measure() has it, long numbers in groups of three.
 * @param {number} value
 * @param {string} unit
 * @returns {[string, string]} */
function measured(value, unit) {
  const [shown, said] = measure(value, unit, WORDS.larger);
  return [/^-?\d{6,}$/.test(shown) ? shown.replace(/\B(?=(\d{3})+$)/g, "\u202f") : shown, said];
}
