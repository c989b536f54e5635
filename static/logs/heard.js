// What a screen reader hears of a log that grows: few words, not each line. Marks and known faults are
// said in full, the rest as a count and the newest line.
import { el, part } from "../js/dom.js";
import { meaning } from "./rows.js";

/** @typedef {import("./store.js").Line} Line */

const EVERY_MS = 4000;
const MOST = 3;

/** Answers hear(): lines came.
 * @param {ParentNode} root
 * @param {import("./store.js").Store} store */
export function mountHeard(root, store) {
  /** The newest line that was spoken for.
   * @type {Line | null} */
  let told = null;
  /** @type {number | null} */
  let timer = null;

  function say() {
    timer = null;
    const { view } = store;
    const from = told ? view.lastIndexOf(told) + 1 : view.length;
    const fresh = view.slice(Math.max(from, view.length - 2000));
    told = view.at(-1) ?? null;
    if (!fresh.length) return;
    const grave = fresh.filter((line) => line.mark || line.signature).slice(-MOST);
    const words = grave.map((line) => (line.mark ? line.text : `${meaning(line)?.title}: ${line.text.slice(0, 200)}`));
    const plain = fresh.length - grave.length;
    if (plain) words.push(plain === 1 ? fresh[fresh.length - 1].full.slice(0, 200) : `${plain} new lines`);
    part(root, "heard").replaceChildren(...words.map((text) => el("p", {}, text)));
  }

  return () => {
    timer ??= setTimeout(say, EVERY_MS);
  };
}
