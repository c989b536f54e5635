// Start of the page Live: puts the parts together. No logic of its own.
import { startFrame } from "../js/frame.js";
import { state } from "../js/state.js";
import { mountCharts } from "./charts.js";
import { startAtMoment } from "./moment.js";
import { mountSoak } from "./soak.js";
import { Store } from "./store.js";
import { mountTimeBar } from "./timebar.js";
import { mountTools } from "./tools.js";
import { View } from "./view.js";
import { mountWiggle } from "./wiggle.js";

/** The live page of one board, on the element that holds it.
 * @param {ParentNode} root
 * @param {Board} boardState */
function mount(root, boardState) {
  const { api, bay } = boardState;
  const store = new Store(api);
  const board = { api, bay, store, view: new View(store) };
  mountCharts(root, board);
  mountTools(root, board, boardState);
  mountTimeBar(root, board);
  const wiggle = mountWiggle(root, board);
  const soak = mountSoak(root, board);
  startAtMoment(board);
  /** @type {Record<string, (data: any) => void>} */
  const received = { recording: soak.ended, wiggle: wiggle.receive };
  return {
    ...board,
    /** @type {Watch} */
    watch: {
      names: async () => wiggle.wanted(),
      kinds: ["sample", "live", "marker", "recording", "wiggle"],
      receive: (kind, data) => (received[kind] ? received[kind](data) : store.receive(kind, data)),
      resync: () => [store, soak, wiggle].forEach((each) => each.resync()),
    },
  };
}

/** The page's own board. */
export const live = mount(/** @type {HTMLElement} */ (document.querySelector("main")), state);
startFrame(live.watch);
