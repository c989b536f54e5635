// The keys of this page, on a sheet: opened by "?".
import { el } from "../js/dom.js";
import { openDialog } from "./dialog.js";

/** @type {[string, string][]} */
const EVERYWHERE = [["Ctrl+K", "Go to a page, a diagnostic or a board"], ["?", "Show these keys"], ["Esc", "Close what is open"]];
/** By the part of a page that has them.
 * @type {Record<string, [string, [string, string][]]>} */
const OF = {
  checkup: ["Check-up", [["/", "Search the diagnostics"], ["j", "Next diagnostic"], ["k", "Previous diagnostic"],
    ["Enter", "Open or close it"], ["r", "Run it"]]],
  lines: ["Logs", [["/", "Search"], ["n", "Next match"], ["N", "Previous match"], ["p", "Pause, go on"]]],
  terminal: ["Terminal", [["Ctrl+Shift+C", "Copy what is marked"], ["Ctrl+Shift+V", "Paste"]]],
};

/** @param {[string, string][]} keys */
const rows = (keys) => keys.map(([key, what]) => el("div", {}, el("dt", {}, ...key.split("+").map((each) => el("kbd", {}, each))), el("dd", {}, what)));

export function openKeys() {
  const here = Object.entries(OF).filter(([name]) => document.querySelector(`[data-part="${name}"]`)).map(([, keys]) => keys);
  /** @type {[string, [string, string][]][]} */
  const groups = [...here, ["On every page", EVERYWHERE]];
  openDialog("Keys", groups.map(([title, keys]) => el("section", {}, el("h3", {}, title), el("dl.keys", {}, ...rows(keys)))));
}
