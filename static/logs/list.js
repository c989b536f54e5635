// The windowed list: of a hundred thousand lines only those in sight are in the document. Rows have one
// height. Wrapped, a row's height follows from how many characters fit into it (the font has one width).
import { isPlain, meaning, rowOf } from "./rows.js";

/** @typedef {import("./store.js").Line} Line */

const OVER = 12; // rows beyond the edges, for a scroll that is faster than a frame

export class List {
  /** choose(line): a row was chosen. moved(): the place changed (at the end or not).
   * @param {HTMLElement} scroll
   * @param {import("./store.js").Store} store
   * @param {import("./clock.js").Clock} clock
   * @param {{choose(line: Line | null): void, moved(): void}} told */
  constructor(scroll, store, clock, { choose, moved }) {
    this.scroll = scroll;
    this.store = store;
    this.clock = clock;
    this.choose = choose;
    this.moved = moved;
    this.space = /** @type {HTMLElement} */ (scroll.firstElementChild);
    this.rows = /** @type {HTMLElement} */ (this.space.firstElementChild);
    this.rowPx = this.charPx = this.columnsUsed = 0;
    this.marked = false;
    /** @type {Line[] | null} */
    this.viewUsed = null;
    /** @type {RegExp | null} */
    this.pattern = null;
    this.wrap = false;
    /** While paused: how many lines are shown.
     * @type {number | null} */
    this.frozen = null;
    this.sticky = true; // stays at the end
    this.seen = { top: 0, height: 0 }; // where it was at the last scroll
    /** @type {Line | null} */
    this.chosen = null;
    /** @type {Map<Line, HTMLElement>} */
    this.nodes = new Map();
    /** With wrap: the line of text at which each row begins.
     * @type {number[] | null} */
    this.tops = null;
    this.wanted = this.total = this.heightPx = 0;
    scroll.addEventListener("scroll", () => this.scrolled(), { passive: true });
    scroll.addEventListener("click", (event) => this.clicked(event));
    scroll.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.measure()).observe(scroll);
    document.fonts?.ready.then(() => this.measure());
  }

  get length() {
    return this.frozen ?? this.store.view.length;
  }

  /** All rows are to be built again: filter, search, clock or wrap changed. */
  reset() {
    this.nodes.clear();
    this.tops = null;
    this.draw();
  }

  /** Draw in the next frame, once. */
  draw() {
    this.wanted ||= requestAnimationFrame(() => {
      this.wanted = 0;
      this.render();
    });
  }

  measure() {
    const probe = document.createElement("span");
    probe.className = "log-probe";
    probe.textContent = "0".repeat(50);
    this.rows.append(probe);
    const box = probe.getBoundingClientRect();
    probe.remove();
    this.rowPx = box.height || 20;
    this.charPx = box.width / 50 || 8;
    this.heightPx = this.scroll.clientHeight;
    this.tops = null;
    this.nodes.clear();
    this.draw();
  }

  /** How many characters fit into a wrapped row: asked of a row that is there. */
  columns() {
    const text = this.rows.querySelector(".log-text");
    return Math.max(8, Math.floor((text?.clientWidth || this.scroll.clientWidth - 160) / this.charPx));
  }

  heights() {
    if (!this.wrap) return;
    const { view } = this.store;
    const columns = this.columns();
    if (!this.tops || this.columnsUsed !== columns || this.viewUsed !== view) {
      this.tops = [0];
      this.columnsUsed = columns;
      this.viewUsed = view;
    }
    for (let at = this.tops.length - 1; at < view.length; at += 1) {
      this.tops.push(this.tops[at] + rowLines(view[at], columns));
    }
  }

  /** @param {number} index */
  top(index) {
    return (this.wrap && this.tops ? this.tops[index] : index) * this.rowPx;
  }

  /** The row at this height.
   * @param {number} px */
  at(px) {
    const line = Math.max(0, Math.floor(px / this.rowPx));
    if (!this.wrap) return Math.min(line, this.length);
    /** @type {number[]} */
    const tops = this.tops ?? [];
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (tops[middle] <= line) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  render() {
    if (!this.rowPx) return;
    if (this.wrap && !this.nodes.size && this.length) this.place(this.length - 1, this.length); // columns() asks a row
    this.heights();
    const total = this.top(this.length);
    // at the end it is known where that is; asking would lay the page out once more
    const top = this.sticky ? Math.max(0, total - this.heightPx) : this.scroll.scrollTop;
    if (this.total !== total) {
      this.total = total;
      this.space.style.height = `${total}px`;
    }
    this.place(Math.max(0, this.at(top) - OVER), Math.min(this.length, this.at(top + this.heightPx) + OVER + 1));
    if (this.sticky) {
      this.scroll.scrollTop = total;
      this.seen.top = Math.min(this.seen.top, top);
    }
    this.moved();
  }

  /** @param {number} first
   * @param {number} end */
  place(first, end) {
    const { view } = this.store;
    const wanted = new Set(view.slice(first, end));
    const spare = [...this.nodes].filter(([line, node]) => !wanted.has(line) && "plain" in node.dataset).map(([, node]) => node);
    const nodes = new Map();
    for (let index = first; index < end; index += 1) {
      const line = view[index];
      const node = this.nodes.get(line) ?? this.build(line, spare);
      if (this.wrap) node.style.height = `${this.top(index + 1) - this.top(index)}px`;
      else if (node.style.height) node.style.height = "";
      nodes.set(line, node);
    }
    this.nodes = nodes;
    this.rows.style.transform = `translateY(${this.top(first)}px)`;
    sync(this.rows, [...nodes.values()]);
    this.mind();
  }

  /** @param {Line} line
   * @param {HTMLElement[]} spare */
  build(line, spare) {
    const node = rowOf(line, this.clock, this.pattern, isPlain(line, this.pattern) ? spare.shift() : null);
    node.line = line;
    return node;
  }

  /** Say which row is chosen. */
  mind() {
    const node = this.chosen && this.nodes.get(this.chosen);
    if (!node && !this.marked) return;
    this.marked = Boolean(node);
    for (const other of this.rows.querySelectorAll("[aria-selected=true]")) {
      if (other === node) continue;
      other.removeAttribute("aria-selected");
      other.removeAttribute("id");
    }
    if (!node) return this.scroll.removeAttribute("aria-activedescendant");
    node.setAttribute("aria-selected", "true");
    node.id = `${this.scroll.id}-chosen`;
    this.scroll.setAttribute("aria-activedescendant", node.id);
  }

  scrolled() {
    // Measured, not remembered: a banner that goes makes the list higher, and the browser moves it for that.
    const { scrollTop, clientHeight, scrollHeight } = this.scroll;
    const below = scrollHeight - clientHeight - scrollTop;
    // At the end only a person goes up: a line that came meanwhile leaves the end where it was, below.
    const up = clientHeight === this.seen.height && scrollTop < this.seen.top - 1;
    this.seen = { top: scrollTop, height: clientHeight };
    if (this.sticky && !up) return Math.abs(below) < 2 ? undefined : this.draw();
    // A chosen line stays in sight: then only Newest and End follow.
    this.sticky = below < this.rowPx && this.frozen === null && this.chosenAt < 0;
    this.draw();
  }

  /** `count` of the oldest rows are gone: what is in sight stays in sight.
   * @param {number} count */
  dropped(count) {
    const before = this.wrap && this.tops ? this.tops[Math.min(count, this.tops.length - 1)] : count;
    this.tops = null;
    if (this.frozen !== null) this.frozen = Math.max(0, this.frozen - count);
    if (!this.sticky) this.scroll.scrollTop -= before * this.rowPx;
  }

  toEnd() {
    this.sticky = this.frozen === null;
    this.heights();
    this.space.style.height = `${this.total = this.top(this.length)}px`;
    this.scroll.scrollTop = this.total;
    this.draw();
  }

  /** @param {boolean} on */
  freeze(on) {
    this.frozen = on ? this.store.view.length : null;
    if (on) this.sticky = false;
    else this.toEnd();
    this.draw();
  }

  /** Choose the row at this place and bring it into sight.
   * @param {number} index */
  go(index) {
    if (!(index >= 0 && index < this.length)) return;
    this.chosen = this.store.view[index];
    this.choose(this.chosen); // first: what is shown of it takes room from the list
    this.heights();
    const { scroll } = this;
    const [top, bottom] = [this.top(index), this.top(index + 1)];
    if (top < scroll.scrollTop || bottom > scroll.scrollTop + scroll.clientHeight) {
      this.space.style.height = `${this.total = this.top(this.length)}px`; // as toEnd: it may not be drawn yet
      scroll.scrollTop = Math.max(0, top - scroll.clientHeight / 3);
    }
    this.sticky = false; // who looks at a line does not want it to run away
    this.draw();
  }

  /** Choose no row: the chosen one is shown no more. */
  leave() {
    this.chosen = null;
    this.choose(null);
  }

  /** Where the chosen row is in the view; -1 when it is not. */
  get chosenAt() {
    return this.chosen ? this.store.view.lastIndexOf(this.chosen, this.length - 1) : -1;
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const row = /** @type {Element} */ (event.target).closest(".log-row");
    if (!row?.line || String(getSelection())) return; // text is being marked, to be copied
    this.go(this.store.view.lastIndexOf(row.line));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (step) {
      const at = this.chosenAt;
      const { scrollTop, clientHeight } = this.scroll;
      this.go(at < 0 ? this.at(scrollTop + (step < 0 ? clientHeight - this.rowPx : this.rowPx)) : at + step);
    } else if (event.key === "Home") this.go(0);
    else if (event.key === "End") {
      this.go(this.length - 1);
      this.toEnd();
    } else return;
    event.preventDefault();
  }
}

/** How many lines of text a row takes when it is wrapped anywhere. Wide characters take two columns.
 * @param {Line} line
 * @param {number} columns */
function rowLines(line, columns) {
  const label = meaning(line)?.title;
  const known = label ? Math.ceil(label.length * 0.95) + 4 : 0; // the label's own edges
  const text = line.full.length + known;
  const wide = /[^\u0000-\u00ff]/.test(line.full) ? line.full.replace(/[\u0000-\u00ff]/g, "").length : 0;
  return Math.max(1, Math.ceil((text + wide) / columns));
}

/** The children as wanted, touching only what differs.
 * @param {Element} parent
 * @param {Element[]} wanted */
function sync(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}
