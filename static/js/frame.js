// What every page has around its own part: link, banners, panels, ladder, and the one stream of events.
import { BOOT, byId, el, icon, part, setContent } from "./dom.js";
import { startLater } from "./later.js";
import { mountLink } from "./link.js";
import { guarded } from "./notices.js";
import { state } from "./state.js";
import { startStream } from "./stream.js";

const TROUBLE = {
  stopped: ["The program on this laptop does not answer.",
    "What you see is as it was. Start it again (python app.py); this page connects by itself."],
  full: ["The live view of this page is interrupted.",
    "Too many pages may be open: close some of them. This page tries again by itself."],
  away: ["The bench of this board is not connected to the hub.",
    "What you see is as it was, and nothing you type is kept. This page goes on by itself when the bench is back."],
};

/** @param {Trouble} kind */
function showTrouble(kind) {
  const box = byId("ui-stream");
  if ((box.dataset.kind ?? "") === kind) return;
  box.dataset.kind = kind;
  box.hidden = !kind;
  if (!kind) return;
  const [title, text] = TROUBLE[kind];
  setContent(box, icon("unlink"), el("div.banner-text", {}, el("strong", {}, title), " ", text));
}

/** @type {ReturnType<typeof startStream> | null} */
let stream = null;

/** @template T
 * @param {() => Promise<T>} load */
function once(load) {
  /** @type {Promise<T> | undefined} */
  let loaded;
  return () => (loaded ??= load());
}

/** Header and banners of a board, on the element that holds them. Panels and ladder come when they are needed.
 * @param {Root} root
 * @param {Board} board */
export function mountFrame(root, board) {
  mountLink(root, board);
  const panels = once(async () => (await import("../later/panels.js")).mountPanels(root, board));
  const ladder = once(async () => (await import("../later/ladder.js")).mountLadder(root, board));
  const answered = () => { if (board.connection.state === "blocked") panels(); };
  /** @type {(name: string, action: () => unknown) => void} */
  const on = (name, action) => part(root, name).addEventListener("click", (event) => guarded(event.currentTarget, action));
  on("login-open", async () => (await panels()).openLogin());
  on("explain", async () => (await ladder()).look());
  board.on("link", answered);
  answered();
}

/** Start the frame of the page. `watch` (see stream.js) names the feeds that this page wants beside the events.
 * @param {Partial<Watch>} [watch] */
export function startFrame(watch) {
  mountFrame(document.body, state);
  keepBelow(part(document.body, "header"));
  startPopups();
  startLater(document.body, state);
  if (BOOT.kept) state.loadState(BOOT.kept); // one check-up alone: nothing more happens to it
  else stream = startStream(state, showTrouble, watch);
}

/** What stays in sight below the header needs its height, which depends on the device's name.
 * @param {HTMLElement} header */
function keepBelow(header) {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  const root = document.documentElement;
  const below = document.querySelector(".filter, .timebar");
  new ResizeObserver(() => {
    const high = header.offsetHeight;
    sheet.replaceSync(`.filter, .row-body, .timebar { --header: ${high}px; }`);
    if (below) root.style.scrollPaddingTop = `calc(${high}px + 4rem)`; // a rule for the root would be one for all
  }).observe(header);
}

/** A popup (details.popup) closes by Escape, which gives the focus back, by a click beside it, and by a button that
 *  opens something else. */
function startPopups() {
  const opened = () => /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.popup[open]"));
  document.addEventListener("click", (event) => opened().forEach((popup) => {
    const target = /** @type {Element} */ (event.target);
    if (!popup.contains(target) || target.closest(".link-buttons button")) popup.open = false;
  }));
  document.addEventListener("keydown", (event) => opened().forEach((popup) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    if (popup.contains(document.activeElement)) popup.querySelector("summary")?.focus();
    popup.open = false;
  }), true);
}

/** Open the page's stream again: other feeds are wanted. */
export const reopen = () => stream?.reopen();
