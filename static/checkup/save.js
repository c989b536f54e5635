// The page as one HTML file that needs nothing else: controls left out, styles inside, no script.
import { all, clean, setText, part } from "../js/dom.js";
import { inName, saveAs, stamp } from "../js/file.js";
import { dateTime } from "../js/format.js";
import { notify } from "../js/notices.js";
import { paperRule } from "./paper.js";

/** Save the page of this board.
 * @param {Board} state
 * @param {Rows} rows */
export async function saveFile(state, rows) {
  rows.drawRows();
  for (const row of rows.allRows()) rows.buildBody(row, row.dataset.row ?? "");
  const styles = await styleText();
  const page = /** @type {HTMLElement} */ (document.documentElement.cloneNode(true));
  reduce(page, state);
  const sheet = document.createElement("style");
  sheet.textContent = `${styles}\n${paperRule(state)}`;
  page.querySelector("head")?.append(policy(), sheet);
  download(state, `<!doctype html>\n${page.outerHTML}\n`);
}

async function styleText() {
  /** @type {NodeListOf<HTMLLinkElement>} */
  const found = document.querySelectorAll('link[rel="stylesheet"]');
  const links = [...found];
  return (await Promise.all(links.map((link) => fetchText(link.href)))).join("\n");
}

/** @param {string} url */
async function fetchText(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`The file could not be made: ${url} is missing.`);
  return answer.text();
}

/** Only what is to be read stays.
 * @param {HTMLElement} page
 * @param {Board} state */
function reduce(page, state) {
  for (const node of page.querySelectorAll("script, noscript, link, [data-live], .places, .skip-link, .banners, .row-run, .bar-link")) node.remove();
  for (const node of all(page, "[data-row], .category")) node.hidden = false;
  for (const name of ["data-side", "data-filtered"]) part(page, "main").removeAttribute(name);
  for (const name of page.querySelectorAll("button.fingerprint")) name.replaceWith(state.knownDevice()?.fingerprint ?? "");
  setText(part(page, "printed"), ""); // the file has every row
  const saved = part(page, "saved");
  saved.hidden = false;
  setText(saved, `Saved ${dateTime(new Date().toISOString())} by V3 Diagnostics. Device: ${state.currentDevice() || "none"}.`);
}

/** The saved file may run and load nothing, whatever a device printed. */
function policy() {
  const meta = document.createElement("meta");
  meta.httpEquiv = "Content-Security-Policy";
  meta.content = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  return meta;
}

/** @param {Board} state
 * @param {string} text */
function download(state, text) {
  const began = stamp(new Date(state.checkup?.started_at ?? Date.now())).slice(0, 16);
  const name = `v3-checkup-${inName(clean(state.currentDevice() || "device"))}-${began}.html`;
  saveAs(new Blob([text], { type: "text/html" }), name);
  notify("ok", "Saved.", name);
}
