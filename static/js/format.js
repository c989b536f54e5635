// Numbers, times and names as people read them. Pure.

/** "2 faults": a count with its word.
 * @param {number} count
 * @param {string} one
 * @param {string} [many] */
export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** A sentence in which each number stays on the line of its unit. Not for a next step: its commands are copied.
 * @param {string | undefined} text */
export const sentence = (text = "") => text.replace(/(\d) (?=[%°µA-Za-z]{1,4}(?:\/s)?(?![\w-]))/g, "$1\u00a0");

/** @param {number | null | undefined} value */
export function seconds(value) {
  if (value === null || value === undefined) return "";
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  return value < 59.95 ? `${value.toFixed(1)} s` : stretch(Math.round(value));
}

/** "1 min 5 s", "2 h"
 * @param {number} whole seconds */
function stretch(whole) {
  const parts = [[Math.floor(whole / 3600), "h"], [Math.floor(whole / 60) % 60, "min"], [whole % 60, "s"]];
  return parts.filter(([count]) => count).map((part) => part.join(" ")).join(" ");
}

/** "30 s", "1.5 s", "5 min", "3 min 20 s": a stretch of time, without noughts that say nothing.
 * @param {number} value */
export const span = (value) => (value < 59.95 ? `${Number(value.toFixed(1))} s` : stretch(Math.round(value)));

// Not by Intl: the first use of it takes longer than everything else at the start of the page.
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "16:04:05", local time; "" when it is not a time.
 * @param {string} iso */
export function clock(iso) {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? "" : time.toTimeString().slice(0, 8);
}

/** "25 Nov 2026, 16:04:05", local time; "" when it is not a time.
 * @param {string} iso */
export function dateTime(iso) {
  const time = new Date(iso);
  return clock(iso) && `${time.getDate()} ${MONTHS[time.getMonth()]} ${time.getFullYear()}, ${clock(iso)}`;
}

/** "12 min": how long ago; "" when it is not a time.
 * @param {string} iso */
export function since(iso) {
  const age = (Date.now() - new Date(iso).getTime()) / 1000;
  if (!(age >= 0)) return "";
  if (age < 60) return "just now";
  if (age < 3600) return `${Math.floor(age / 60)} min`;
  return age < 86400 ? `${Math.floor(age / 3600)} h ${Math.floor((age % 3600) / 60)} min` : plural(Math.floor(age / 86400), "day");
}
