// A number in the unit that a technician says. Pure. Sentences say it by the same rule (with_unit in
// utils/model/words.py); one table of cases holds both: tests/page/measure.json.

/** @type {[number, string][]} */
const LONGER = [[86400, "d"], [3600, "h"], [60, "min"]];
const SIZES = ["kB", "MB", "GB"]; // their digits are cut: nobody reads ten

/** @param {number} value
 * @param {string} unit
 * @param {Vocabulary["larger"]} larger
 * @returns {[string, string]} the number and its unit; "" of a stretch of time, which has several */
export function measure(value, unit, larger) {
  if (unit === "s" && Math.abs(value) >= 120) return [(value < 0 ? "-" : "") + duration(Math.abs(value)), ""];
  let decimals = 0;
  while (larger[unit] && Math.abs(value) >= larger[unit][0]) {
    const [step, next, fewest] = larger[unit];
    [value, unit, decimals] = [value / step, next, fewest];
  }
  const digits = SIZES.includes(unit) && Math.abs(value) < 1000 ? 5 : 10;
  const exact = String(Number.isInteger(value) ? value : Number(value.toPrecision(digits)));
  const [whole, fraction = ""] = exact.split(".");
  return [fraction.length < decimals ? `${whole}.${fraction.padEnd(decimals, "0")}` : exact, unit];
}

/** "2 h 5 min"
 * @param {number} seconds */
function duration(seconds) {
  const parts = LONGER.map(([size, word]) => {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    return count ? `${count} ${word}` : "";
  });
  const rest = Number(seconds.toPrecision(10));
  return [...parts, rest ? `${rest} s` : ""].filter(Boolean).join(" ");
}
