// Start of the page Terminal: puts the parts together.
import { BOOT, byId } from "../js/dom.js";
import { startFrame } from "../js/frame.js";
import { guarded } from "../js/notices.js";
import { copy, startKeyboard } from "./keyboard.js";
import { startPalette } from "./palette.js";
import { pasteFromClipboard } from "./paste.js";
import { larger, onSettings, settings, toggleReader } from "./settings.js";
import { current, focus, KINDS, receive, resync, startTabs } from "./tabs.js";

function startTools() {
  byId("ui-term-copy").addEventListener("click", copy);
  byId("ui-term-paste").addEventListener("click", (event) => guarded(event.currentTarget, () => pasteFromClipboard(current())));
  byId("ui-term-smaller").addEventListener("click", () => larger(-1));
  byId("ui-term-larger").addEventListener("click", () => larger(1));
  byId("ui-term-reader").addEventListener("click", () => {
    toggleReader();
    focus();
  });
  const show = () => byId("ui-term-reader").setAttribute("aria-pressed", String(settings.reader));
  onSettings(show);
  show();
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
  startTools();
  startKeyboard();
  startPalette();
  startTabs();
  keepAboveKeyboard();
  startFrame({ names: ["terminals"], kinds: KINDS, receive, resync });
}
