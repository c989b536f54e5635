// All benches of the page Lab. Drawn some at a time, so that the page answers while a thousand places come.
import { all } from "../js/dom.js";
import { arranged, section } from "./rows.js";

const SLICE_MS = 12;

/** @param {HTMLElement} root
 * @param {import("./rows.js").Does} does */
export function benches(root, does) {
  /** @type {Map<string, ReturnType<typeof section>>} */
  let drawn = new Map();
  /** @type {[Api["Lab"], import("../js/choice.js").Choice] | null} */
  let wanted = null;
  let timer = 0;

  const places = () => new Map(all(root, "[data-bench]").map((each) => [each.dataset.bench ?? "", each]));
  /** Sections in the order of the hub. Those that the server made stay until theirs are drawn.
   * @param {Api["Lab"]} lab */
  const arrange = ({ benches: known }) => {
    const there = places();
    arranged(root, known.map(({ id }) => there.get(id) ?? section_(id).node));
    drawn = new Map([...drawn].filter(([id]) => known.some((bench) => bench.id === id)));
  };
  /** @param {string} id */
  const section_ = (id) => {
    const made = drawn.get(id) ?? section(id, does);
    drawn.set(id, made);
    return made;
  };
  const draw = () => {
    timer = 0;
    if (!wanted) return;
    const [lab, choice] = wanted;
    const until = performance.now() + SLICE_MS;
    const made = places();
    for (const bench of lab.benches) {
      const its = section_(bench.id);
      its.show(bench, choice);
      const old = made.get(bench.id);
      if (old !== its.node) old?.replaceWith(its.node);
      if (performance.now() > until) {
        timer = window.setTimeout(draw);
        return;
      }
    }
    wanted = null;
  };
  return {
    /** Show this. What did not change costs nothing.
     * @param {Api["Lab"]} lab
     * @param {import("../js/choice.js").Choice} choice */
    show(lab, choice) {
      arrange(lab);
      wanted = [lab, { ...choice }];
      if (!timer) draw();
    },
  };
}
