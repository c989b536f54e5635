// How this browser shows terminals: size of the letters, screen-reader mode. Kept in the browser.
import { keep, kept } from "../js/kept.js";

const SIZES = [10, 11, 12, 13, 14, 15, 16, 18, 20, 24, 28];
/** @type {(() => void)[]} */
const listeners = [];

const { size, reader } = kept("terminal", {});
export const settings = { size: SIZES.includes(size) ? size : 14, reader: reader === true };

/** @param {() => void} listener */
export const onSettings = (listener) => listeners.push(listener);

/** @param {Partial<typeof settings>} values */
function change(values) {
  Object.assign(settings, values);
  keep("terminal", settings);
  listeners.forEach((listener) => listener());
}

/** @param {number} by */
export const larger = (by) => {
  const at = Math.min(SIZES.length - 1, Math.max(0, SIZES.indexOf(settings.size) + by));
  change({ size: SIZES[at] });
};
export const toggleReader = () => change({ reader: !settings.reader });
