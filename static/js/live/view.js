// Which stretch of time is shown: it follows the newest sample, or stands (paused, zoomed). No DOM.
import { store } from "./store.js";

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

export function follow() {
  view.follow = true;
  emit();
}
