// One terminal of the page: its tab button, its screen, what comes and what goes, and how its shell is.
import { button, el, icon, setContent, setText } from "../js/dom.js";
import { clock } from "../js/format.js";
import { Intake } from "./intake.js";
import { Screen } from "./screen.js";
import { Typing } from "./typing.js";

/** What the tabs do for one of theirs.
 * @typedef {{
 *   select(tab: Tab, andFocus?: boolean): void,
 *   close(tab: Tab): void,
 *   reconnect(tab: Tab, control: EventTarget | null): void,
 *   changed(tab: Tab): void,
 *   ended(tab: Tab, text: string): void,
 *   failed(error: ApiError): void,
 *   follow(url: string | null): void,
 *   paste(text: string): void,
 *   key(event: KeyboardEvent): boolean,
 *   alter(text: string): string,
 * }} Tabs */

/** As the program tells it; "gone": it knows it no more, "": nothing was told yet.
 * @typedef {Omit<Api["Terminal"], "state"> & {state: Api["Terminal"]["state"] | "gone" | ""}} Facts */

/** @type {Record<string, {word: string, tone: string, icon: string}>} */
export const STATES = {
  open: { word: "Open", tone: "ok", icon: "link" },
  lost: { word: "Link lost", tone: "bad", icon: "unlink" },
  ended: { word: "Shell ended", tone: "off", icon: "stop" },
  gone: { word: "Gone", tone: "off", icon: "unlink" },
};

const WAITS = { word: "No answer: keys wait", tone: "bad", icon: "pause" };
const SILENT = { word: "Nothing came back since Enter", tone: "bad", icon: "pause" };
const SILENT_MS = 5000;

export class Tab {
  /** @param {Api["Terminal"]} facts
   * @param {Tabs} on
   * @param {import("./calls.js").Calls} calls */
  constructor(facts, on, calls) {
    this.id = facts.id;
    this.on = on;
    this.title = "";
    /** @type {Facts} */
    this.facts = { ...facts, state: "" };
    this.typing = new Typing(calls, facts.id, on.failed, (yes) => this.wait(yes ? WAITS : null));
    /** Why nothing is heard of what was typed; null where something is.
     * @type {{word: string, tone: string, icon: string} | null} */
    this.waiting = null;
    this.entered = 0;
    this.screen = new Screen(`Terminal ${facts.number}`, {
      send: (text) => this.typed(on.alter(text)),
      title: (text) => {
        this.title = text;
        on.changed(this);
      },
      follow: on.follow,
      paste: on.paste,
      key: on.key,
    });
    this.intake = new Intake(calls, facts.id, (bytes, drawn) => this.drew(bytes, drawn),
      (bytes) => this.screen.write(`\u0018\u001b[0m\r\n\u001b[33m… ${Math.ceil(bytes / 1024)} KB left out: only the newest output is kept …\u001b[0m\r\n`));
    this.mark = el("span.term-dot", { "data-tone": "off" });
    this.name = el("span.term-tab-name");
    this.over = el("div.term-over", { role: "group", "aria-label": "The shell is gone", hidden: true });
    this.button = this.drawn();
  }

  /** Enter is answered by a board at once, if only with a line's end. Without that nobody knows when it takes effect.
   * @param {string} text */
  typed(text) {
    this.typing.push(text);
    if (!/[\r\n]/.test(text) || this.entered || !this.typing.shell) return;
    this.entered = window.setTimeout(() => this.wait(SILENT), SILENT_MS);
  }

  /** @param {Uint8Array} bytes
   * @param {() => void} drawn */
  drew(bytes, drawn) {
    this.screen.write(bytes, drawn);
    this.forgetEnter();
  }

  forgetEnter() {
    clearTimeout(this.entered);
    this.entered = 0;
    if (this.waiting === SILENT) this.wait(null);
  }

  /** @param {typeof WAITS | null} why */
  wait(why) {
    if (this.waiting === why || (why === null && this.waiting === SILENT && this.entered)) return;
    this.waiting = why;
    this.on.changed(this);
  }

  /** Its tab. */
  drawn() {
    const id = `ui-term-${this.id}`;
    this.screen.node.id = id;
    this.screen.node.setAttribute("aria-labelledby", `${id}-tab`);
    // A tab holds no second button. The cross is for the mouse, the Delete key and the tool "Close" for everybody.
    const cross = el("span.term-cross", { "aria-hidden": "true", title: "Close" }, icon("close"));
    return el("button.term-tab", { type: "button", role: "tab", id: `${id}-tab`, "aria-controls": id, "aria-selected": "false",
      "aria-keyshortcuts": "Delete", tabindex: "-1",
      onclick: ({ target }) => (cross.contains(/** @type {Node} */ (target)) ? this.on.close(this)
        : this.on.select(this, true)),
    }, this.mark, this.name, cross);
  }

  /** Into the page, and all its output from the first byte that is kept.
   * @param {Element} tabs
   * @param {Element} screens */
  open(tabs, screens) {
    tabs.append(this.button);
    this.screen.open(screens);
    this.screen.node.append(this.over);
  }

  /** How it stands, as the program says.
   * @param {Facts} facts */
  update(facts) {
    const before = this.facts;
    if (facts.revision < before.revision) return; // an answer that was overtaken by an event
    this.facts = facts;
    const open = facts.state === "open";
    this.typing.into(open ? facts.shell : 0);
    if (!open) this.forgetEnter();
    this.screen.listening = open;
    this.screen.resize(facts);
    const { word, tone } = STATES[facts.state];
    this.mark.dataset.tone = tone;
    setText(this.name, `${facts.number} · ${facts.device.split(" · ")[0] || "device"}`);
    this.button.title = `${word} · ${facts.device}`;
    this.button.setAttribute("aria-label", `Terminal ${facts.number}, ${facts.device}, ${word}`);
    if (before.state !== facts.state || before.shell !== facts.shell) this.say(before.state);
    this.on.changed(this);
  }

  /** @param {string} before */
  say(before) {
    const { state, since, exit_status: status, device } = this.facts;
    this.over.hidden = state === "open";
    if (state === "open") return;
    const status_text = status === null || status === undefined ? "" : ` (exit status ${status})`;
    /** @type {Record<string, string[]>} */
    const words = {
      lost: [`The link to ${device || "the device"} was lost at ${clock(since)}.`, "The shell and what ran in it are gone; what you see stays. Nothing you type is kept.", "Reconnect"],
      ended: [`The shell ended at ${clock(since)}${status_text}.`, "What you see stays.", "New shell"],
      gone: ["This terminal is not there any more.", "It was closed on another page, or the program was started again. What you see stays until you leave this page.", ""],
    };
    const said = words[state];
    const again = said[2] ? button(said[2], "reload", (event) => this.on.reconnect(this, event.currentTarget), ".primary") : null;
    this.over.dataset.tone = STATES[state].tone;
    setContent(this.over, icon(STATES[state].icon), el("div", {}, el("strong", {}, said[0]), " ", said[1]),
      again, button("Close", "close", () => this.on.close(this), ".quiet"));
    if (before === "open") this.on.ended(this, said[0]);
  }

  /** The program does not know it any more. */
  gone() {
    this.intake.end();
    if (this.facts.state !== "gone") this.update({ ...this.facts, state: "gone" });
  }

  /** @param {boolean} yes */
  show(yes) {
    this.screen.node.hidden = !yes;
    this.button.setAttribute("aria-selected", String(yes));
    this.button.tabIndex = yes ? 0 : -1;
  }

  remove() {
    this.forgetEnter();
    this.intake.end();
    this.typing.into(0);
    this.screen.close();
    this.button.remove();
  }
}
