// Where a chart's vertical axis begins and ends. Pure. A report draws by the same rule (recordings/picture.py); one
// table of cases holds both: tests/page/scale.json.

/** It holds the values and the limits, so that the room to a limit is seen.
 * @param {number | null} most the end of a scale that begins at 0 and is known before
 * @param {number[]} values
 * @param {number[]} limits
 * @returns {[number, number]} */
export function scale(most, values, limits) {
  if (most !== null) return [0, most];
  const all = [...values, ...limits];
  if (!all.length) return [0, 1];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = high > low ? (high - low) * 0.08 : Math.max(1, Math.abs(high) * 0.1);
  return [low >= 0 && !limits.length ? 0 : low - room, high + room];
}
