// How far a campaign is, in words, and its tone. Pure.
import { plural } from "../js/format.js";

/** @typedef {Pick<Api["CampaignHeadline"], "through" | "boards" | "answered" | "faults" | "state">} Facts */

/** @param {Facts} campaign */
export function progress({ through, boards, answered, faults }) {
  const words = [`${through} of ${plural(boards, "board")} ${through === 1 ? "is" : "are"} through`];
  const found = faults ? `${faults} of ${answered} with an answer ${faults === 1 ? "has" : "have"} a fault` : `${answered} with an answer, no fault`;
  if (answered) words.push(found);
  return `${words.join(", ")}.`;
}

/** @param {Facts} campaign */
export function toneOf({ state, faults }) {
  if (state === "stopped") return "warn";
  if (state === "running") return "busy";
  if (state === "finished") return faults ? "bad" : "ok";
  return "off";
}
