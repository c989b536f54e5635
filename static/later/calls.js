// Calls a person who looks elsewhere: when a check-up ends or the link drops. By the tab's icon, a sound, a message of
// the system; each only if it was asked for by a click (settings.js).
import { beep, openSound } from "./beep.js";
import { WORDS } from "../js/dom.js";
import { kept } from "../js/kept.js";

/** @typedef {Verdict | "lost"} Call */

/** @type {Partial<Record<Call, string>>} */
const COLOURS = { fail: "#ad1f1a", warn: "#b26a00", unknown: "#633a98", pass: "#17653a", lost: "#ad1f1a" };
const PLAIN = "#0a6577";
let started = false;

/** @param {Board} state */
export function startCalls(state) {
  if (started) return;
  started = true;
  let running = state.checkup && !state.checkup.finished ? state.checkup.checkup : null;
  let ended = state.ended; // a short check-up may never have been seen running
  let link = state.connection.state;

  state.on("board", () => {
    const { checkup } = state;
    if (checkup && !checkup.finished) running = checkup.checkup;
    else if (checkup && (checkup.checkup === running || state.ended !== ended)) {
      [running, ended] = [null, state.ended];
      const verdict = checkup.verdict ?? "unknown";
      call(verdict, `Check-up finished: ${WORDS.verdicts[verdict]?.word ?? verdict}`, state.currentDevice());
    }
  });
  state.on("link", () => {
    const now = state.connection.state;
    if (now === "lost" && link === "connected") call("lost", "The link to the board dropped", state.currentDevice());
    if (now === "connected" && link !== "connected" && shown === "lost") paint(null);
    link = now;
  });
  // A sound is allowed only after a click on this page; the next one will do.
  if (kept("calls", {}).sound) document.addEventListener("click", openSound, { once: true });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && shown !== "lost") paint(null); });
}

/** @param {Call} kind
 * @param {string} title
 * @param {string} body */
function call(kind, title, body) {
  const wanted = kept("calls", {});
  if (wanted.icon) paint(kind);
  if (wanted.sound) beep(kind === "fail" || kind === "lost" ? 440 : 880);
  if (wanted.desktop && document.hidden && window.Notification?.permission === "granted") {
    const note = new Notification(title, { body, tag: "v3" });
    note.onclick = () => { window.focus(); note.close(); };
  }
}

/** @type {string | null} */
let shown = null;

/** The tab's icon in the colour of what happened; null: as it was.
 * @param {Call | null} kind */
function paint(kind) {
  shown = kind;
  const colour = kind ? COLOURS[kind] ?? PLAIN : PLAIN;
  const mark = kind === "lost" || kind === "fail" ? "M10 10l12 12M22 10L10 22" : kind === "warn" ? "M16 8v10M16 22v2" : "M8 17l5 5L24 10";
  const line = kind ? mark : "M5 17h5.500l3-8 5 14.500 3-6.500H27";
  const image = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${colour}"/>`
    + `<path d="${line}" fill="none" stroke="#fff" stroke-width="${kind ? 4 : 2.6}" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
  const link = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel="icon"]'));
  link.href = `data:image/svg+xml,${encodeURIComponent(image)}`;
}
