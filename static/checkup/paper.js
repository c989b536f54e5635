// On paper each page names its board and the date of the check-up; the browser knows the page's number alone.
import { clean } from "../js/dom.js";
import { dateTime } from "../js/format.js";

/** The rule of the style sheet that writes it.
 * @param {import("../js/state.js").BoardState} state */
export function paperRule(state) {
  const from = state.checkup?.started_at;
  const words = [state.currentDevice(), from && `check-up of ${dateTime(from)}`, "V3 Diagnostics"].filter(Boolean);
  return `@page { @bottom-left { content: ${cssString(clean(words.join(" · ")))}; } }`;
}

/** The text as a CSS string that no text can end; nor can it end the style element of the saved file.
 * @param {string} text */
const cssString = (text) => `"${text.replace(/["\\<\n]/g, (char) => `\\${char.charCodeAt(0).toString(16)} `)}"`;

/** @param {import("../js/state.js").BoardState} state */
export function startPaper(state) {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  addEventListener("beforeprint", () => sheet.replaceSync(paperRule(state)));
}
