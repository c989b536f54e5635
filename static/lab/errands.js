// “When it comes back”: check-ups that wait for their board, in the order in which they are carried out.
import { announce, button, el, icon } from "../js/dom.js";
import { dateTime } from "../js/format.js";
import { showError } from "../js/notices.js";
import { call } from "../js/api.js";

const HOURS = 24;

/** The button of a place whose board is gone.
 * @param {{device_id: string, board: string}} gone
 * @param {string} of
 * @param {() => unknown} then */
export function whenBack(gone, of, then) {
  const ask = () => told("POST", "lab/errands", { device_id: gone.device_id, hours: HOURS }, then,
    `${gone.board} is checked once it is back, within ${HOURS} hours.`);
  return button("When it comes back", "pause", ask, ".small", { "data-of": `back/${of}`, "aria-label": `Check ${gone.board} when it comes back, within ${HOURS} hours` });
}

/** The list of all that waits, and of what became of it; nothing where there is none.
 * @param {Api["LabErrand"][]} errands
 * @param {() => unknown} then */
export function list(errands, then) {
  if (!errands.length) return [];
  return [el("section.lab-bench", { "aria-label": "When boards come back" }, el("h2", {}, "When they come back"),
    el("p.hint", {}, "Each board is checked once it is connected again, in this order, and not after its end."),
    el("ol", {}, errands.map((each) => row(each, then))))];
}

/** @param {Api["LabErrand"]} errand
 * @param {() => unknown} then */
function row(errand, then) {
  const cancel = () => told("POST", `lab/errands/${errand.errand}/cancel`, {}, then, `${errand.board} is not waited for any more.`);
  const waits = errand.state === "waiting";
  return el("li", { "data-state": errand.state }, el("span.lab-board", {}, errand.board),
    el("span", {}, waits ? `until ${dateTime(errand.until)}` : `asked ${dateTime(errand.at)}`),
    el("span.lab-state", {}, icon(waits ? "pause" : "list"), el("span", {}, errand.told)),
    waits ? button("Cancel", "stop", cancel, ".small", { "data-of": `errand/${errand.errand}`, "aria-label": `Do not wait for ${errand.board}` }) : null);
}

/** @param {"POST"} method
 * @param {string} path
 * @param {object} body
 * @param {() => unknown} then
 * @param {string} words */
async function told(method, path, body, then, words) {
  try {
    await call(method, path, body);
    announce(words);
  } catch (error) {
    showError(error);
  }
  await then();
}
