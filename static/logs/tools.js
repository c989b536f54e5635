// The controls above the lines: filter, search, known messages, pause, wrap, clock, copy, save; and the keys.
import { announce, el, icon, part, setContent, setText, slot, typing } from "../js/dom.js";
import { inName, saveAs, stamp } from "../js/file.js";
import { plural } from "../js/format.js";
import { copyText } from "../js/copy.js";
import { notify } from "../js/notices.js";
import { asText } from "./rows.js";
import { compile, fits } from "./store.js";

const MOST_COPIED = 20000;

/** The action, once nothing was typed for a moment.
 * @param {() => void} action */
function slowly(action, ms = 120) {
  /** @type {number | undefined} */
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, ms);
  };
}

/** @param {HTMLInputElement} input
 * @param {RegExp | {error: string} | null} pattern */
function say(input, pattern) {
  const error = pattern instanceof RegExp ? "" : pattern?.error ?? "";
  input.setCustomValidity(error);
  input.toggleAttribute("aria-invalid", Boolean(error));
  input.title = error;
}

/** The controls of one log.
 * @param {ParentNode} root
 * @param {Board} state
 * @param {{store: import("./store.js").Store, list: import("./list.js").List, feed: import("./feed.js").Feed,
 *   clock: import("./clock.js").Clock}} log */
export function mountTools(root, state, { store, list, feed, clock }) {
  /** @type {number | undefined} */
  let hitsTimer;
  /** @type {number | null} */
  let countTimer = null;
  let searched = ""; // a search begins a moment after the last letter
  let seenLines = 0; // how many lines were shown when the page was last at the end

  /** Another log: nothing is paused or counted any more. */
  function begun() {
    if (list.frozen !== null) pause(false);
    list.chosen = null;
    list.sticky = true;
    seenLines = 0;
    counted();
  }

  /** Lines in the view that were there when its end was last in sight.
   * @param {import("./list.js").List} of */
  function seen(of) {
    if (of.sticky) seenLines = store.view.length;
    return of.frozen ?? Math.min(seenLines, store.view.length);
  }

  /** Lines came: the counts follow, not with each one. */
  function counted() {
    countTimer ??= setTimeout(() => {
      countTimer = null;
      const known = slot(part(root, "known"), "n");
      setText(known, store.known.toLocaleString("en"));
      if (list.frozen !== null) setText(slot(part(root, "pause"), "word"), `Go on · ${(store.view.length - list.frozen).toLocaleString("en")} new`);
      if (list.pattern) hits();
    }, 250);
  }

  /** @param {HTMLElement} button
   * @param {() => void} action */
  function press(button, action) {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    action();
  }

  function filter() {
    const pattern = compile(part(root, "only").value);
    say(part(root, "only"), pattern);
    if (pattern && !(pattern instanceof RegExp)) return;
    const paused = list.frozen !== null;
    store.filter(pattern, part(root, "known").getAttribute("aria-pressed") === "true");
    if (paused) list.frozen = store.view.length;
    if (list.chosen && list.chosenAt < 0) list.leave();
    list.reset();
    if (list.sticky) list.toEnd();
    seenLines = store.view.length;
    if (list.pattern) hits();
    announce(`${plural(store.view.length, "line")} shown.`);
  }

  /** Nothing is left out any more. */
  function all() {
    part(root, "only").value = "";
    part(root, "known").setAttribute("aria-pressed", "false");
    filter();
    part(root, "lines").focus();
  }

  function find() {
    const pattern = compile(searched = part(root, "find").value);
    say(part(root, "find"), pattern);
    list.pattern = pattern instanceof RegExp ? pattern : null;
    list.reset();
    if (list.pattern) hits();
    else setText(part(root, "hits"), "");
  }

  function hits() {
    clearTimeout(hitsTimer);
    hitsTimer = setTimeout(() => {
      if (!list.pattern) return;
      let [count, at] = [0, 0];
      for (let index = 0; index < list.length; index += 1) {
        const line = store.view[index];
        if (!fits(list.pattern, line)) continue;
        count += 1;
        if (line === list.chosen) at = count;
      }
      const total = count.toLocaleString("en");
      setText(part(root, "hits"), !count ? "none" : at ? `${at.toLocaleString("en")} of ${total}` : total);
    }, 60);
  }

  /** To the next line that is searched for, round at the end.
   * @param {number} by */
  function step(by) {
    if (!list.pattern) return part(root, "find").focus();
    const { length } = list;
    let at = list.chosenAt;
    if (at < 0) at = by > 0 ? -1 : length;
    for (let tried = 0; tried < length; tried += 1) {
      at = (at + by + length) % length;
      if (fits(list.pattern, store.view[at])) {
        list.go(at);
        return hits();
      }
    }
    announce("No line has it.");
  }

  /** @param {boolean} on */
  function pause(on) {
    list.freeze(on);
    const button = part(root, "pause");
    button.setAttribute("aria-pressed", String(on));
    setContent(button, icon(on ? "run" : "pause"), el("span", { "data-slot": "word" }, on ? "Go on · 0 new" : "Pause"));
    announce(on ? "Paused. Lines are still collected." : "Going on.");
  }

  function wrap() {
    list.wrap = part(root, "wrap").checked;
    part(root, "lines").classList.toggle("log-wrapped", list.wrap);
    list.measure();
    if (list.sticky) list.toEnd();
  }

  function copy() {
    const lines = store.view.slice(Math.max(0, list.length - MOST_COPIED), list.length);
    copyText(`${lines.map((line) => asText(line, clock)).join("\n")}\n`, lines.length < list.length ? `The newest ${plural(lines.length, "line")}` : plural(lines.length, "line"));
  }

  function save() {
    const { log } = feed;
    const head = [`${log?.title ?? "Log"} of ${log?.device ?? "a device"}`, `Saved ${new Date().toISOString()} by V3 Diagnostics.`,
      `Times: ${clock.who}'s clock. ${plural(list.length, "line")}.`, ""];
    const parts = head.map((line) => `${line}\n`);
    for (let index = 0; index < list.length; index += 1) parts.push(`${asText(store.view[index], clock)}\n`);
    const device = inName(log?.device || state.currentDevice() || "device");
    const name = `v3-log-${log?.source ?? "log"}-${device}-${stamp()}.txt`;
    saveAs(new Blob(parts, { type: "text/plain" }), name);
    notify("ok", "Saved.", name);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === part(root, "find")) {
      if (event.key === "Enter") {
        event.preventDefault();
        if (part(root, "find").value !== searched) find();
        step(event.shiftKey ? -1 : 1);
      } else if (event.key === "Escape") part(root, "lines").focus();
      return;
    }
    const action = typing(event.target) ? null : { "/": () => part(root, "find").focus(), p: () => pause(list.frozen === null), n: () => step(1), N: () => step(-1) }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  part(root, "only").addEventListener("input", slowly(filter));
  part(root, "find").addEventListener("input", slowly(find));
  part(root, "known").addEventListener("click", () => press(part(root, "known"), filter));
  part(root, "pause").addEventListener("click", () => pause(list.frozen === null));
  part(root, "previous").addEventListener("click", () => step(-1));
  part(root, "next").addEventListener("click", () => step(1));
  part(root, "wrap").addEventListener("change", wrap);
  part(root, "clock").addEventListener("change", () => {
    clock.who = part(root, "clock").value;
    list.reset();
  });
  part(root, "copy").addEventListener("click", copy);
  part(root, "save").addEventListener("click", save);
  document.addEventListener("keydown", key);
  if (matchMedia("(max-width: 45rem)").matches) part(root, "wrap").checked = true;
  if (matchMedia("(pointer: coarse)").matches) for (const name of /** @type {const} */ (["only", "find"])) part(root, name).placeholder = part(root, name).placeholder.split("  ")[0];
  wrap();
  return { all, pause, begun, counted, seen };
}
