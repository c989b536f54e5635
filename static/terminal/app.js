// Start of the page Terminal: puts the parts together.
import { BOOT, part } from "../js/dom.js";
import { startFrame } from "../js/frame.js";
import { guarded } from "../js/notices.js";
import { state } from "../js/state.js";
import { askIn } from "./ask.js";
import { callsOf } from "./calls.js";
import { mountKeyboard } from "./keyboard.js";
import { mountPalette } from "./palette.js";
import { pasteFromClipboard } from "./paste.js";
import { larger, onSettings, settings, toggleReader } from "./settings.js";
import { Shown } from "./shown.js";
import { mountTabs } from "./tabs.js";
import { typeWhatWasSent } from "./sent.js";

/** @typedef {import("./ask.js").Ask} Ask */

/** @param {ParentNode} root
 * @param {import("./shown.js").Shown} shown
 * @param {Ask} ask */
function mountTools(root, shown, ask) {
  const reader = part(root, "reader");
  part(root, "paste").addEventListener("click", (event) => guarded(event.currentTarget, () => shown.tab && pasteFromClipboard(shown.tab, ask)));
  part(root, "smaller").addEventListener("click", () => larger(-1));
  part(root, "larger").addEventListener("click", () => larger(1));
  reader.addEventListener("click", () => {
    toggleReader();
    shown.focus();
  });
  const show = () => reader.setAttribute("aria-pressed", String(settings.reader));
  onSettings(show);
  show();
}

/** The terminals of one board, on the element that holds them.
 * @param {ParentNode} root
 * @param {Board} board */
function mount(root, board) {
  const [shown, calls, ask] = [new Shown(), callsOf(board.bay), askIn(part(root, "ask"))];
  mountTools(root, shown, ask);
  const palette = mountPalette(root, shown, calls);
  const keys = mountKeyboard(root, shown, palette.open);
  return mountTabs(root, board, shown, { calls, ask, keys });
}

/** A phone's keyboard covers the page: the terminal ends above it. */
function keepAboveKeyboard() {
  const view = window.visualViewport;
  view?.addEventListener("resize", () => {
    document.body.style.setProperty("--view-height", `${Math.round(view.height)}px`);
    document.body.classList.toggle("with-keyboard", view.height < window.innerHeight - 120);
  });
}

if (BOOT.terminal) {
  const { open, ...watch } = mount(/** @type {HTMLElement} */ (document.querySelector("main")), state);
  keepAboveKeyboard();
  startFrame(watch);
  typeWhatWasSent(open);
}
