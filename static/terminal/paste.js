// Text into the shell that was not typed key by key. Several lines are shown first: each would be run.
import { notify } from "../js/notices.js";
import { safePaste } from "./guard.js";

/** @typedef {import("./tab.js").Tab} Tab */
/** @typedef {import("./ask.js").Ask} Ask */

const MOST_CHARS = 256 << 10;
const SHOWN_CHARS = 4000;

/** Paste into the tab's shell; asks first (ask.js) when it is more than one line.
 * @param {Tab} tab
 * @param {string} text
 * @param {Ask} ask */
export async function pasted(tab, text, ask) {
  const safe = safePaste(text).replace(/\n$/, ""); // one line's own end is not Enter
  if (!safe || tab.facts.state !== "open") return;
  if (safe.length > MOST_CHARS) {
    notify("warn", "This is too long to paste.", `At most ${MOST_CHARS / 1024} KB; copy it over as a file.`);
    return;
  }
  const lines = safe.split("\n").length;
  const { shell } = tab.facts;
  const facts = safe.length > SHOWN_CHARS ? `${safe.slice(0, SHOWN_CHARS)}\n…` : safe;
  const text_ = tab.screen.term.modes.bracketedPasteMode
    ? `They go into ${tab.facts.device || "the shell"} as one piece; Enter then runs them.`
    : `Each line but the last is run at once on ${tab.facts.device || "the device"}.`;
  if (lines > 1 && !await ask({ title: `Paste ${lines} lines?`, text: text_, facts, yes: "Paste" })) return;
  if (tab.facts.state === "open" && tab.facts.shell === shell) tab.screen.term.paste(safe);
  tab.screen.term.focus();
}

/** By button: the browser may ask whether the page may read the clipboard.
 * @param {Tab} tab
 * @param {Ask} ask */
export async function pasteFromClipboard(tab, ask) {
  let text;
  try {
    text = await navigator.clipboard.readText();
  } catch {
    notify("warn", "The browser does not let the page read the clipboard.", "Click into the terminal and press Ctrl+Shift+V.");
    return;
  }
  await pasted(tab, text, ask);
}
