// The wiggle test's full-screen panel: what changes while a person moves cables and connectors lights up and
// beeps. The test itself runs in the program, which also judges it (wiggle.py); this file only shows it.
import { copyText } from "../js/copy.js";
import { announce, el, part, setContent, setText, slot, WORDS } from "../js/dom.js";
import { clock } from "../js/format.js";
import { guarded } from "../js/notices.js";
import { reopen } from "../js/frame.js";
import { beep, openSound } from "../later/beep.js";

/** @typedef {Api["Wiggle"]["shown"][number]} WiggleEvent */

const LIT_MS = 2500;
/** @type {Record<string, string>} */
const STATES = { "link-lost": "The link is lost", "not-watched": "Nobody watches" };

/** @param {number} at */
const time = (at) => clock(new Date(at).toISOString());
/** @param {WiggleEvent} event */
const line = ({ at, words }) => `${time(at)}  ${words}`;

/** @param {Api["Wiggle"]} before
 * @returns {Api["Wiggle"]} */
function cutShort(before) {
  const verdict = before.verdict.code === "changed" ? before.verdict : WORDS.wiggle_cut_short;
  const lines = before.shown.toReversed().map(line);
  return { ...before, ended: Date.now(), state: "ended", verdict,
    report: [`Wiggle test of ${before.device}`, WORDS.wiggle_cut_short.words, ...lines].join("\n") };
}

/** The test that this tab knows of.
 * @returns {Api["Wiggle"] | null}
 * @param {string} key */
function kept(key) {
  try {
    const found = JSON.parse(sessionStorage.getItem(key) ?? "null");
    return found?.wiggle ? found : null;
  } catch {
    return null;
  }
}

/** @param {string} key
 * @param {string} label */
function tileOf(key, label) {
  const value = el("span.wiggle-value");
  return { value, node: el("div.wiggle-tile", { "data-key": key }, value, el("span.wiggle-label", {}, label)) };
}

/** Answers what the page's stream is to ask for and tells it.
 * @param {ParentNode} root
 * @param {{api: ApiOfBay, bay: string}} board */
export function mountWiggle(root, { api, bay }) {
  const key = `v3-wiggle ${bay}`;
  /** As the program tells it. It is kept with its tab, so that a reload goes on with it.
   * @type {Api["Wiggle"] | null} */
  let test = null;
  /** By key; unlight: when its light goes out.
   * @type {Map<string, {node: HTMLElement, value: HTMLElement, unlight?: number}>} */
  const tiles = new Map();

  const running = () => test !== null && test.ended === null;

  /** The feeds that this page wants: samples come fast while a test runs. */
  const wanted = () => (running() ? ["live", "wiggle"] : ["live"]);

  /** A test has news: an event of the feed, or an answer. A panel that was closed meanwhile wants none.
   * @param {Api["Wiggle"]} data */
  function receive(data) {
    if (data.wiggle === test?.wiggle) took(data);
  }

  /** What may have been missed. A program that was restarted knows the test no more. */
  async function resync() {
    if (!test || !running()) return;
    const asked = test;
    try {
      receive(await api.wiggle(asked.wiggle));
    } catch (error) {
      const known = /** @type {ApiError} */ (error).code !== "unknown-wiggle";
      if (!known && test?.wiggle === asked.wiggle) took(cutShort(test));
    }
  }

  async function begin() {
    took(await api.beginWiggle());
    open();
    reopen();
  }

  async function end() {
    if (test) receive(await api.endWiggle(test.wiggle));
  }

  /** Some browsers close it by Escape without asking: a test that runs is ended, not thrown away. */
  function closed() {
    if (running()) guarded(null, end);
    else keep(null);
  }

  /** The test as it stands now.
   * @param {Api["Wiggle"]} next */
  function took(next) {
    const before = test?.wiggle === next.wiggle ? test : null;
    if (before && (next.events < before.events || (before.ended && !next.ended))) return; // it was overtaken
    keep(next);
    if (!part(root, "wiggle").open) return;
    if (running()) render();
    const news = before ? next.shown.slice(0, Math.max(0, next.events - before.events)) : [];
    if (running()) news.reverse().forEach(tell);
    if (next.ended === null || before?.ended) return;
    open();
    reopen();
  }

  /** @param {Api["Wiggle"] | null} next */
  function keep(next) {
    test = next;
    try {
      if (next) sessionStorage.setItem(key, JSON.stringify(next));
      else sessionStorage.removeItem(key);
    } catch { /* the browser keeps nothing for pages: then a reload ends the test */ }
  }

  /** After a reload. Browsers allow sound only after a click or a key, so that is asked for. */
  function resume() {
    open();
    if (!running() || navigator.userActivation?.hasBeenActive) return;
    const hint = slot(part(root, "wiggle"), "mute");
    hint.hidden = false;
    const wake = () => {
      if (!(navigator.userActivation?.isActive ?? true)) return;
      for (const kind of ["click", "keydown"]) document.removeEventListener(kind, wake);
      hint.hidden = true;
      openSound();
    };
    for (const kind of ["click", "keydown"]) document.addEventListener(kind, wake);
  }

  function open() {
    const panel = part(root, "wiggle");
    const over = !running();
    slot(panel, "summary").hidden = !over;
    slot(panel, "running").hidden = over;
    for (const name of ["wiggle-end", "wiggle-mark"]) part(root, name).hidden = over;
    slot(panel, "hint").hidden = over;
    slot(panel, "mute").hidden = true;
    if (!panel.open) panel.showModal();
    tiles.clear();
    if (over) summarize();
    else render();
  }

  function render() {
    build();
    for (const { key, value, tone } of test?.tiles ?? []) {
      const tile = tiles.get(key);
      if (!tile) continue;
      setText(tile.value, value);
      tile.value.toggleAttribute("data-long", value.length > 6);
      tile.node.dataset.tone = tone;
    }
    renderTime();
    setContent(slot(part(root, "wiggle"), "events"), (test?.shown ?? []).map(({ at, words, note }) =>
      el("li", { "data-note": note }, el("time", {}, time(at)), words)));
  }

  function renderTime() {
    const passed = Math.max(0, Math.round((Date.now() - (test?.began ?? 0)) / 1000));
    const words = STATES[test?.state ?? ""];
    const panel = part(root, "wiggle");
    setText(slot(panel, "time"), `${Math.floor(passed / 60)}:${String(passed % 60).padStart(2, "0")}`);
    setText(slot(panel, "state"), words ?? "");
    slot(panel, "state").hidden = !words;
  }

  function build() {
    const all = test?.tiles ?? [];
    if (all.every(({ key }) => tiles.has(key))) return;
    for (const { key, label } of all) if (!tiles.has(key)) tiles.set(key, tileOf(key, label));
    const groups = [...new Set(all.map(({ group }) => group))];
    setContent(slot(part(root, "wiggle"), "tiles"), groups.map((group) => el("section.wiggle-group", {}, el("h3", {}, group),
      el("div.wiggle-tiles", {}, all.filter((each) => each.group === group).map(({ key }) => tiles.get(key)?.node)))));
  }

  /** Something happened: its tile lights up, and a person who looks at the cable hears it.
   * @param {WiggleEvent} event */
  function tell({ key, words, alarm, note }) {
    announce(words);
    const tile = tiles.get(key);
    if (note || !tile) return;
    tile.node.dataset.lit = "yes";
    clearTimeout(tile.unlight);
    tile.unlight = setTimeout(() => delete tile.node.dataset.lit, LIT_MS);
    beep(alarm ? 880 : 520);
  }

  function summarize() {
    const panel = part(root, "wiggle");
    setText(slot(panel, "verdict"), test?.verdict.words);
    slot(panel, "verdict").dataset.tone = test?.verdict.tone;
    setText(slot(panel, "report"), test?.report);
    part(root, "wiggle-close").focus();
  }

  const panel = part(root, "wiggle");
  part(root, "wiggle-open").addEventListener("click", (event) => {
    openSound();
    guarded(event.currentTarget, begin);
  });
  part(root, "wiggle-end").addEventListener("click", (event) => guarded(event.currentTarget, end));
  part(root, "wiggle-mark").addEventListener("click", (event) =>
    guarded(event.currentTarget, async () => receive(await api.markWiggle(test?.wiggle ?? "", "Marked"))));
  part(root, "wiggle-close").addEventListener("click", () => panel.close());
  part(root, "wiggle-copy").addEventListener("click", (event) => copyText(slot(panel, "report").textContent, "Summary", event.currentTarget));
  panel.addEventListener("cancel", (event) => { // Escape ends the test; it does not throw away what was found
    if (!running()) return;
    event.preventDefault();
    guarded(null, end);
  });
  panel.addEventListener("close", closed);
  setInterval(() => running() && renderTime(), 1000);
  test = kept(key);
  if (test) resume();
  return { wanted, receive, resync };
}
