// Rows as a table for other programs. No cell begins as a formula does: text of a board or a person must not
// compute. The rule is that of utils/bench/table.py.
import { clean } from "./dom.js";

// At the beginning of a cell; behind a semicolon, which divides cells in half of Europe, where no number is.
const FORMULA = /^(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])|;(?=[\s"]*(?:[=@\uff1d\uff20]|[+\-\uff0b\uff0d][^\d.\s]))/g;

/** The rows as RFC 4180 has them, with the mark of UTF-8 that spreadsheets look for.
 * @param {unknown[][]} rows */
export const asCsv = (rows) => `\ufeff${rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("")}`;

/** @param {unknown} value */
function cell(value) {
  if (typeof value !== "string") return String(value);
  const text = clean(value).replace(/\s+/g, " ").replace(FORMULA, "$&'");
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
