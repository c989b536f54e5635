// Which stretch of time is shown: it follows the newest sample, or stands (paused, zoomed). No DOM.
import { store } from "./store.js";

const LEAST_S = 1; // what a step closer still shows

export const view = { span: 60, follow: true, min: 0, max: 0 };

const listeners = [];
export const onView = (listener) => listeners.push(listener);
const emit = () => listeners.forEach((listener) => listener());

/** [from, to] in seconds since 1970. */
export function range() {
  if (!view.follow) return [view.min, view.max];
  const newest = store.at.at(-1) ?? Date.now() / 1000;
  return [newest - view.span, newest];
}

/** [from, to]: all that the laptop keeps. */
export function kept() {
  const newest = store.at.at(-1) ?? Date.now() / 1000;
  return [Math.min(store.at[0] ?? newest, newest - LEAST_S), newest];
}

export function setSpan(seconds) {
  view.span = seconds;
  view.follow = true;
  emit();
}

export function hold() {
  [view.min, view.max] = range();
  view.follow = false;
  emit();
}

export function zoom(min, max) {
  if (!(max - min > 0.5)) return;
  Object.assign(view, { min, max, follow: false });
  emit();
}

/** The same middle, `times` as long. */
export function scale(times) {
  const [from, to] = range();
  const middle = (from + to) / 2;
  const half = Math.max(LEAST_S, (to - from) * times) / 2;
  zoomWithin(middle - half, middle + half);
}

/** Half of what is shown earlier (-0.5) or later (0.5). */
export function move(part) {
  const [from, to] = range();
  const by = (to - from) * part;
  zoomWithin(from + by, to + by);
}

/** As long as asked, moved to where there are samples. */
function zoomWithin(min, max) {
  const [first, newest] = kept();
  const length = Math.min(max - min, Math.max(newest - first, view.span));
  const to = Math.min(newest, Math.max(first + length, (min + max + length) / 2));
  zoom(to - length, to);
}

export function follow() {
  view.follow = true;
  emit();
}
