// All terminals of the page: which is shown, which size they have, and how they follow the program's.
// The shells live in the program; this page shows them, and so may others.
import { announce, clean, part, setText, slot } from "../js/dom.js";
import { NOT_LIVE } from "../js/link.js";
import { guarded, notify, showError } from "../js/notices.js";
import { pasted } from "./paste.js";
import { onSettings } from "./settings.js";
import { STATES, Tab } from "./tab.js";
import { onTheme } from "./theme.js";
import { UNANSWERED } from "./typing.js";

/** @typedef {import("./ask.js").Ask} Ask */

/** Before there is a terminal to measure: a usual one; it is fitted as soon as it is shown. */
const firstSize = () => ({ cols: 80, rows: 24 });

/** The terminals of one board. keys: {key, alter} (keyboard.js). Answers what the page's stream is to watch, and what
 * opens one more.
 * @param {ParentNode} root
 * @param {Board} state
 * @param {import("./shown.js").Shown} shown
 * @param {{calls: import("./calls.js").Calls, ask: Ask,
 *   keys: {key(event: KeyboardEvent): boolean, alter(text: string): string}}} uses */
export function mountTabs(root, state, shown, { calls, ask, keys }) {
  /** By id, in the order of their numbers.
   * @type {Map<string, Tab>} */
  const tabs = new Map();
  let opening = 0; // terminals that were asked for here and are not there yet
  /** @type {number | undefined} */
  let fitTimer;
  const box = part(root, "terminal");
  /** @param {string} what
   * @returns {Iterable<HTMLButtonElement>} */
  const needing = (what) => box.querySelectorAll(`[data-needs-${what}]`);

  // -- as the program has them ---------------------------------------------------------------------

  /** Whatever may have been missed: ask for all. */
  async function resync() {
    const before = [...tabs.values()]; // one that is opened meanwhile is not in the answer
    try {
      const { terminals } = await calls.list();
      const there = new Set(terminals.map(({ id }) => id));
      for (const facts of terminals) took(facts).intake.fill(facts.offset);
      for (const tab of before) if (!there.has(tab.id)) tab.gone();
      part(root, "first").disabled = false;
      if (!shown.tab && terminals.length) select([...tabs.values()][0]);
      render();
    } catch (error) {
      if (/** @type {ApiError} */ (error).code !== "page-offline") showError(error);
    }
  }

  /** @type {Record<string, (data: any) => unknown>} */
  const received = {
    "term-output": (/** @type {Api["TerminalOutput"]} */ data) => tabs.get(data.id)?.intake.take(data),
    /** @param {Api["Terminal"]} facts */
    "term-state": (/** @type {Api["Terminal"]} */ facts) => took(facts),
    "term-closed": (/** @type {{id: string}} */ { id }) => {
      const tab = tabs.get(id);
      if (tab) remove(tab);
    },
  };

  /** @param {Api["Terminal"]} facts */
  function took(facts) {
    let tab = tabs.get(facts.id);
    let asked = false;
    if (!tab) {
      tab = new Tab(facts, { select, close, reconnect, changed, ended, failed, follow, paste, ...keys }, calls);
      tabs.set(facts.id, tab);
      tab.open(slot(box, "tabs"), slot(box, "screens"));
      tab.show(false);
      asked = opening > 0; // its screen may come before the answer: what is typed at once must find it
    }
    tab.update(facts);
    if (asked) select(tab, true);
    else if (!shown.tab) select(tab);
    return tab;
  }

  // -- what a person does --------------------------------------------------------------------------

  async function open() {
    opening += 1;
    try {
      const facts = await calls.open(shown.tab?.screen.wanted() ?? firstSize());
      return tabs.get(facts.id) ?? took(facts);
    } finally {
      opening -= 1;
    }
  }

  /** @param {Tab} tab */
  async function close(tab) {
    const { state: how, number, device } = tab.facts;
    const sure = how !== "open" || await ask({
      title: `Close terminal ${number}?`, yes: "Close it",
      text: `Its shell on ${device || "the device"} ends, and so does what runs in it.`,
    });
    if (!sure) return;
    if (how !== "gone") await calls.close(tab.id).catch((error) => error.status === 404 || showError(error));
    remove(tab);
  }

  /** @param {Tab} tab
   * @param {EventTarget | null} control */
  async function reconnect(tab, control) {
    await guarded(control, async () => {
      try {
        tab.update(await calls.reopen(tab.id, size(tab)));
      } catch (error) {
        const { code, message, details: { found } } = /** @type {ApiError} */ (error);
        if (code !== "device-changed" || typeof found !== "string") throw error;
        if (!await ask({ title: "Open it on another device?", text: message, facts: found, yes: "Open the shell there" })) return;
        tab.update(await calls.reopen(tab.id, size(tab), found));
      }
      shown.focus();
    });
  }

  /** @param {Tab} tab */
  const size = (tab) => tab.screen.wanted() ?? { cols: tab.facts.cols, rows: tab.facts.rows };

  /** @param {Tab} tab */
  function remove(tab) {
    const all = [...tabs.values()];
    const at = all.indexOf(tab);
    tabs.delete(tab.id);
    tab.remove();
    if (shown.tab === tab) {
      shown.tab = null;
      const next = all[at + 1] ?? all[at - 1];
      if (next) select(next, true);
    }
    render();
  }

  /** @param {Tab} tab */
  function select(tab, andFocus = false) {
    if (shown.tab !== tab) {
      shown.tab?.show(false);
      shown.tab = tab;
      tab.show(true);
      tab.button.scrollIntoView({ block: "nearest", inline: "nearest" });
      fitSoon();
      render();
    }
    if (andFocus) shown.focus();
  }

  /** @param {KeyboardEvent} event */
  function arrows(event) {
    if (event.key === "Delete" && shown.tab) close(shown.tab);
    const all = [...tabs.values()];
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by || all.length < 2) return;
    event.preventDefault();
    const next = all[(all.indexOf(/** @type {Tab} */ (shown.tab)) + by + all.length) % all.length];
    select(next);
    next.button.focus();
  }

  /** @param {ApiError} error */
  const failed = (error) => notify("warn", UNANSWERED.includes(error.code) ? "What you typed last may not have reached the shell." : "What you typed last did not reach the shell.",
    error.code === "page-offline" ? error.message : `${error.message} ${error.hint}`);

  /** @param {string} text */
  const paste = (text) => shown.tab && pasted(shown.tab, text, ask);

  /** @param {string | null} url */
  async function follow(url) {
    if (!url) notify("warn", "This link is not opened.", "Only links to http and https addresses are.");
    else if (await ask({ title: "Open this address?", text: "The device's output leads to:", facts: url, yes: "Open it" })) {
      window.open(url, "_blank", "noopener,noreferrer");
    }
  }

  // -- size and looks ------------------------------------------------------------------------------

  function fitSoon() {
    clearTimeout(fitTimer);
    fitTimer = setTimeout(fit, 80);
  }

  /** The page in front decides the size; others show the terminal as large as it is. */
  function fit() {
    const { tab } = shown;
    const wanted = tab?.screen.wanted();
    if (!tab || !wanted || document.hidden || tab.facts.state === "gone") return;
    if (wanted.cols === tab.facts.cols && wanted.rows === tab.facts.rows) return;
    tab.screen.resize(wanted);
    calls.size(tab.id, wanted).then((facts) => tabs.get(facts.id)?.update(facts), () => {});
  }

  /** @param {Tab} tab */
  const changed = (tab) => tab === shown.tab && render();

  /** @param {Tab} tab
   * @param {string} text */
  const ended = (tab, text) => announce(`Terminal ${tab.facts.number}: ${text}`);

  function render() {
    const device = state.currentDevice();
    box.dataset.empty = String(!tabs.size);
    slot(box, "empty").hidden = tabs.size > 0;
    setText(slot(box, "first-device"), device ? `A shell on ${device}.` : "The link is made when you open one.");
    for (const control of needing("shell")) control.disabled = shown.tab?.facts.state !== "open";
    for (const control of needing("tab")) control.disabled = !shown.tab;
    const facts = shown.tab?.facts;
    const how = facts && (state.online ? shown.tab?.waiting ?? STATES[facts.state] : NOT_LIVE);
    slot(box, "status").hidden = !facts;
    if (!facts || !how) return;
    slot(box, "dot").dataset.tone = how.tone;
    setText(slot(box, "state"), how.word);
    setText(slot(box, "device"), facts.device);
    setText(slot(box, "size"), `${facts.cols} × ${facts.rows}`);
    setText(slot(box, "title"), clean(shown.tab?.title));
  }

  for (const name of ["new", "first"]) part(root, name).addEventListener("click", (event) => guarded(event.currentTarget, open));
  slot(box, "tabs").addEventListener("keydown", arrows);
  part(root, "close").addEventListener("click", () => shown.tab && close(shown.tab));
  new ResizeObserver(fitSoon).observe(slot(box, "screens"));
  addEventListener("focus", fitSoon);
  onSettings(() => {
    for (const tab of tabs.values()) tab.screen.look();
    fitSoon();
  });
  onTheme(() => tabs.forEach((tab) => tab.screen.repaint()));
  state.on("link", render);
  state.on("stream", render);
  render();
  return { names: ["terminals"], kinds: Object.keys(received), receive: (/** @type {string} */ kind, /** @type {any} */ data) => received[kind](data), resync, open };
}
