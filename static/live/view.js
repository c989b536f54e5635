// Which stretch of time is shown: it follows the newest sample, or stands (paused, zoomed). No DOM.

const LEAST_S = 1; // what a step closer still shows

export class View {
  span = 60;
  follow = true;
  min = 0;
  max = 0;
  /** A moment that a finding led here for, in seconds since 1970.
   * @type {number | null} */
  moment = null;
  /** @type {(() => void)[]} */
  listeners = [];

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.store = store;
  }

  /** @param {() => void} listener */
  on(listener) {
    this.listeners.push(listener);
  }

  emit() {
    this.listeners.forEach((listener) => listener());
  }

  /** [from, to] in seconds since 1970.
   * @returns {[number, number]} */
  range() {
    if (!this.follow) return [this.min, this.max];
    const newest = this.store.at.at(-1) ?? Date.now() / 1000;
    return [newest - this.span, newest];
  }

  /** [from, to]: all that the laptop keeps.
   * @returns {[number, number]} */
  kept() {
    const newest = this.store.at.at(-1) ?? Date.now() / 1000;
    return [Math.min(this.store.at[0] ?? newest, newest - LEAST_S), newest];
  }

  /** @param {number} seconds */
  setSpan(seconds) {
    this.span = seconds;
    this.follow = true;
    this.emit();
  }

  hold() {
    [this.min, this.max] = this.range();
    this.follow = false;
    this.emit();
  }

  /** @param {number} min
   * @param {number} max */
  zoom(min, max) {
    if (!(max - min > 0.5)) return;
    Object.assign(this, { min, max, follow: false });
    this.emit();
  }

  /** The same middle, `times` as long.
   * @param {number} times */
  scale(times) {
    const [from, to] = this.range();
    const middle = (from + to) / 2;
    const half = Math.max(LEAST_S, (to - from) * times) / 2;
    this.zoomWithin(middle - half, middle + half);
  }

  /** Half of what is shown earlier (-0.5) or later (0.5).
   * @param {number} part */
  move(part) {
    const [from, to] = this.range();
    const by = (to - from) * part;
    this.zoomWithin(from + by, to + by);
  }

  /** As long as asked, moved to where there are samples.
   * @param {number} min
   * @param {number} max */
  zoomWithin(min, max) {
    const [first, newest] = this.kept();
    const length = Math.min(max - min, Math.max(newest - first, this.span));
    const to = Math.min(newest, Math.max(first + length, (min + max + length) / 2));
    this.zoom(to - length, to);
  }

  resume() {
    this.follow = true;
    this.emit();
  }
}
