// The line that the page's address asks for: ?at=TIME&text=WORDS, as a finding's link has them.

/** @typedef {import("./store.js").Line} Line */

/** @returns {{at: number | null, text: string} | null} at: ms since 1970 by the laptop's clock */
export function momentOfAddress() {
  const query = new URLSearchParams(location.search);
  const at = Date.parse(query.get("at") ?? "");
  const text = query.get("text") ?? "";
  return Number.isNaN(at) && !text ? null : { at: Number.isNaN(at) ? null : at, text };
}

/** The line of these words that is nearest in time (the newest where no time is asked for); without such words
 * the nearest of all. aheadMs: how far the device's clock is ahead.
 * @param {Line[]} lines
 * @param {{at: number | null, text: string}} wanted
 * @param {number} aheadMs */
export function nearest(lines, { at, text }, aheadMs) {
  const own = lines.filter((line) => !line.mark);
  const named = text ? own.filter((line) => line.text.includes(text)) : [];
  if (at === null) return named.at(-1) ?? null;
  /** @param {Line} line */
  const away = (line) => (line.time_ms === null ? Infinity : Math.abs(line.time_ms - aheadMs - at));
  return (named.length ? named : own)
    .reduce((/** @type {Line | null} */ best, line) => (best === null || away(line) < away(best) ? line : best), null);
}
