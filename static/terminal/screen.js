// One xterm.js on the page: its look, its size, its keys, and the guard around it. It gets bytes and gives
// what a person typed; it knows no requests.
import { FitAddon } from "../vendor/xterm-addon-fit-0.11.0/addon-fit.mjs";
import { Terminal } from "../vendor/xterm-6.0.0/xterm.mjs";
import { el } from "../js/dom.js";
import { guard, tamed, safeLink, safeTitle } from "./guard.js";
import { settings } from "./settings.js";
import { monospace, theme } from "./theme.js";

/** What a screen gives and asks.
 * @typedef {{
 *   send(text: string): void,
 *   title(text: string): void,
 *   follow(url: string | null): void,
 *   key(event: KeyboardEvent): boolean,
 *   paste(text: string): void,
 * }} Hands key: whether xterm may have it */

const SCROLLBACK_LINES = 10000;
const FEWEST = { cols: 20, rows: 5 };

// xterm makes style sheets for its colours; the page's policy allows those that carry its nonce.
/** @type {HTMLScriptElement | null} */
const script = document.querySelector("script[nonce]");
const nonce = script?.nonce;
const create = document.createElement;
/** @param {string} name
 * @param {...ElementCreationOptions} more */
document.createElement = function createElement(name, ...more) {
  const node = create.call(this, name, ...more);
  if (String(name).toLowerCase() === "style") node.nonce = nonce;
  return node;
};

export class Screen {
  /** @param {string} label
   * @param {Hands} on */
  constructor(label, on) {
    this.node = el("div.term-screen", { role: "tabpanel", hidden: true });
    /** @type {XTerm} */
    this.term = new Terminal({
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      fontFamily: monospace(),
      fontSize: settings.size,
      lineHeight: 1.15,
      logLevel: "error", // a slow laptop is no news
      linkHandler: { activate: (/** @type {MouseEvent} */ _, /** @type {string} */ text) => on.follow(safeLink(text)) },
      macOptionIsMeta: true,
      minimumContrastRatio: 4.5,
      screenReaderMode: settings.reader,
      scrollback: SCROLLBACK_LINES,
      theme: theme(),
    });
    this.fitting = new FitAddon();
    this.term.loadAddon(this.fitting);
    guard(this.term, on.send);
    this.tame = tamed();
    this.term.onTitleChange((text) => on.title(safeTitle(text)));
    this.term.attachCustomKeyEventHandler((event) => on.key(event));
    this.node.addEventListener("paste", (event) => {
      event.preventDefault();
      event.stopPropagation();
      on.paste(event.clipboardData?.getData("text/plain") ?? "");
    }, true);
    this.label = label;
  }

  /** In the page; before that there is nothing to measure.
   * @param {Element} parent */
  open(parent) {
    parent.append(this.node);
    this.node.hidden = false;
    this.term.open(this.node);
    this.term.textarea.setAttribute("aria-label", this.label);
  }

  /** @param {string | Uint8Array} data
   * @param {() => void} [drawn] */
  write(data, drawn) {
    this.term.write(typeof data === "string" ? data : this.tame(data), drawn);
  }

  /** The size that fills its place: {cols, rows}, or null while it is not shown. */
  wanted() {
    const found = this.fitting.proposeDimensions();
    if (!found || !(found.cols > 0) || !this.node.offsetParent) return null;
    /** @param {string} name */
    /** @param {"cols" | "rows"} name */
    const within = (name) => Math.min(500, Math.max(FEWEST[name], found[name]));
    return { cols: within("cols"), rows: within("rows") };
  }

  /** @param {{cols: number, rows: number}} size */
  resize({ cols, rows }) {
    if (cols !== this.term.cols || rows !== this.term.rows) this.term.resize(cols, rows);
  }

  look() {
    this.term.options.fontSize = settings.size;
    this.term.options.screenReaderMode = settings.reader;
  }

  repaint() {
    this.term.options.theme = theme();
  }

  /** @param {boolean} yes */
  set listening(yes) {
    this.term.options.disableStdin = !yes;
    this.term.options.cursorInactiveStyle = yes ? "outline" : "none";
  }

  /** What is selected, or what is on the screen now. */
  text() {
    const chosen = this.term.getSelection();
    if (chosen) return { text: chosen, what: "Selection" };
    const buffer = this.term.buffer.active;
    const lines = Array.from({ length: this.term.rows }, (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? "");
    return { text: `${lines.join("\n").trimEnd()}\n`, what: "Screen" };
  }

  close() {
    this.term.dispose();
    this.node.remove();
  }
}
