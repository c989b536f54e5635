// Raw output: text only, searchable with all matches marked, Enter goes to the next one, copy button.
import { button, clean, el, icon } from "../js/dom.js";
import { copyText } from "../js/copy.js";
import { plural } from "../js/format.js";

/** @typedef {{text: string, pre: HTMLElement, node: HTMLElement}} Block */

const MOST_MATCHES = 2000;

/** @param {Result} result */
export function outputSection(result) {
  const streams = [["stdout", result.stdout], ["stderr", result.stderr]].filter(([, text]) => text);
  const head = el("div.section-head", {}, el("h3", {}, "Raw output"));
  if (!streams.length) return el("section", {}, head, el("p.hint", {}, "No output."));
  const blocks = streams.map(([name, text]) => block(name, clean(text)));
  head.append(search(blocks), button("Copy", "copy", (event) => copyText(blocks.map((item) => item.text).join("\n"), "Output", event.currentTarget), ".small.quiet",
    { "data-live": true, "aria-label": "Copy output" }));
  const note = result.truncated ? el("p.hint", {}, "The output was longer; this is its beginning.") : null;
  return el("section", {}, head, blocks.map((item) => item.node), note);
}

/** @param {string} name
 * @param {string} text */
function block(name, text) {
  const pre = el("pre.code.output", { tabindex: "0", role: "group", "aria-label": name }, text);
  return { text, pre, node: el("div", {}, el("span.stream-name", {}, name), pre) };
}

/** @param {Block[]} blocks */
function search(blocks) {
  const count = el("span.matches", { role: "status" });
  const input = el("input", { type: "search", placeholder: "Search in output", autocomplete: "off", spellcheck: "false" });
  /** @type {HTMLElement[]} */
  let marks = [];
  let here = -1;
  /** @param {number} by */
  const step = (by) => {
    if (!marks.length) return;
    marks[here]?.classList.remove("here");
    here = (here + by + marks.length) % marks.length;
    marks[here].classList.add("here");
    marks[here].scrollIntoView({ block: "nearest" });
    count.textContent = `${here + 1} of ${marks.length}`;
  };
  input.addEventListener("input", () => {
    marks = blocks.flatMap((item) => mark(item, input.value.toLowerCase()));
    here = -1;
    count.textContent = input.value ? plural(marks.length, "match", "matches") : "";
    if (marks.length) step(1);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
  });
  return el("span.section-head", { "data-live": true }, count,
    el("label.search", {}, icon("search"), el("span.visually-hidden", {}, "Search in output"), input));
}

/** Marks all places of the needle in the block's text; answers the marks.
 * @param {Block} block
 * @param {string} needle */
function mark({ text, pre }, needle) {
  if (!needle) {
    pre.replaceChildren(text);
    return [];
  }
  /** @type {(string | HTMLElement)[]} */
  const parts = [];
  /** @type {HTMLElement[]} */
  const found = [];
  const low = text.toLowerCase();
  let at = 0;
  // Lower case may be longer than the text for a few letters. Then the places do not fit: match case instead.
  const where = low.length === text.length ? low : text;
  for (let next = where.indexOf(needle); next >= 0 && found.length < MOST_MATCHES; next = where.indexOf(needle, at)) {
    const hit = el("mark", {}, text.slice(next, next + needle.length));
    parts.push(text.slice(at, next), hit);
    found.push(hit);
    at = next + needle.length;
  }
  pre.replaceChildren(...parts, text.slice(at));
  return found;
}
