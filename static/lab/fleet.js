// The newest check-up of many boards: how far it is, and a part of its matrix, the worst boards first.
import { setText, slot } from "../js/dom.js";
import { showError } from "../js/notices.js";
import { call } from "../js/api.js";
import { showMatrix } from "../js/matrix.js";

/** @typedef {NonNullable<Api["Lab"]["fleet"]>} Fleet */

const MANY = 100; // boards; the order of so many changes at each look
const REST_MS = 4000;

/** @param {HTMLElement} root */
export function fleetTable(root) {
  let known = "";
  let from = 0;
  let last = 0;
  /** @type {Fleet | null} */
  let fleet = null;

  const found = async () => {
    if (!fleet) return;
    const wanted = JSON.stringify(fleet);
    last = performance.now();
    try {
      /** @type {Api["LabMatrix"]} */
      const { matrix, checkups, first, left_out: more } = await call("GET", `lab/matrix?from=${from}`);
      from = first;
      showMatrix(root, matrix, { shared: "On every board", href: (bay) => `/checkups/${checkups[bay]}` });
      const words = [progress(fleet)];
      if (matrix?.state === "running" && fleet.done === fleet.total) words.push("Results are on their way.");
      setText(slot(root, "fleet"), words.join(" "));
      turn(matrix?.bays.length ?? 0, more);
      known = matrix?.state === "finished" ? wanted : ""; // results may be on their way
    } catch (error) {
      known = wanted;
      showError(error);
    }
  };
  /** The buttons to the boards before and behind these.
   * @param {number} shown
   * @param {number} more */
  const turn = (shown, more) => {
    slot(root, "turn").hidden = !more;
    if (!more) return;
    setText(slot(root, "turn-words"), `Boards ${from + 1} to ${from + shown} of ${shown + more}, the worst first.`);
    slot(root, "turn-back").disabled = from === 0;
    slot(root, "turn-on").disabled = from + shown >= shown + more;
    step = shown;
  };
  let step = 0;
  slot(root, "turn-back").addEventListener("click", () => { from = Math.max(0, from - 1); found(); }); // the hub knows where the part with it begins
  slot(root, "turn-on").addEventListener("click", () => { from += step; found(); });

  return {
    /** Show what is new of it.
     * @param {Fleet | null} told */
    async follow(told) {
      if (told?.checkup !== fleet?.checkup) [from, known] = [0, ""];
      fleet = told;
      if (!fleet || JSON.stringify(fleet) === known) return;
      setText(slot(root, "fleet"), progress(fleet));
      if (fleet.total > MANY && fleet.done < fleet.total && performance.now() - last < REST_MS) return;
      await found();
    },
  };
}

/** @param {Fleet} fleet */
function progress({ total, done, refused, unknown }) {
  const words = [`${done - refused} of ${total} boards are checked`];
  if (refused) words.push(`${refused} did not start`);
  if (unknown) words.push(`the outcome of ${unknown} is unknown`);
  return `${words.join(", ")}.`;
}
