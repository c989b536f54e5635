// Which boards are meant: those of a bench, a model, a tag, a last verdict. Pure.

/** @typedef {{bench: string, bay: Api["LabBay"]}} Placed a board at a bench */
/** @typedef {{bench: string, model: string, tag: string, verdict: string}} Choice "" means any */

/** @type {(keyof Choice)[]} */
export const BY = ["bench", "model", "tag", "verdict"];
const NONE = "none"; // no verdict yet

/** @type {{[by in keyof Choice]: (placed: Placed) => string[]}} */
const OF = {
  bench: ({ bench }) => [bench],
  model: ({ bay }) => [bay.model].filter(Boolean),
  tag: ({ bay }) => bay.tags,
  verdict: ({ bay }) => [bay.last?.verdict ?? NONE],
};

/** Every board at a bench that is here.
 * @param {Api["Lab"]} lab
 * @returns {Placed[]} */
export const boardsOf = (lab) => lab.benches.flatMap((bench) => (bench.here ? bench.bays : [])
  .filter((bay) => bay.board).map((bay) => ({ bench: bench.id, bay })));

/** Whether this board is meant.
 * @param {Choice} choice
 * @param {Placed} placed */
export const meant = (choice, placed) => BY.every((by) => !choice[by] || OF[by](placed).includes(choice[by]));

/** What can be chosen, in the order of the alphabet.
 * @param {Placed[]} boards
 * @param {keyof Choice} by */
export const values = (boards, by) => [...new Set(boards.flatMap(OF[by]))].sort();

/** @param {Choice} choice */
export const isAny = (choice) => BY.every((by) => !choice[by]);

/** What people read for a last verdict: the word of a board that has it.
 * @param {Placed[]} boards
 * @param {string} verdict */
export function wordOf(boards, verdict) {
  const bay = boards.find((each) => OF.verdict(each).includes(verdict))?.bay;
  return bay?.last?.word ?? bay?.badge.word ?? verdict;
}
