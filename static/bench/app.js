// The page Bench: tiles and matrix, kept live by one event stream over all bays.
import { announce, BOOT, byId, slot } from "../js/dom.js";
import { showError } from "../js/notices.js";
import { call } from "../js/api.js";
import { inOrder } from "../js/order.js";
import { showMatrix } from "../js/matrix.js";
import { showHeat, showTiles } from "./tiles.js";

/** @typedef {Api["Tile"]} Tile */

const CHANGES = ["bays", "connection", "checkup-started", "checkup-finished", "run-finished", "reset", "hello"];
const SETTLE_MS = 150; // what changes together is asked for once
const EACH_MS = 10; // forty boards that all work are asked for twice a second
const AGAIN_MS = 2000;
const MINUTE_MS = 60000;

/** @param {string} bay */
const ofBay = (bay) => (bay === "main" ? "/" : `/bays/${encodeURIComponent(bay)}/`);

/** Bring the bench under `root` to life. first: what it shows at the start.
 * @param {HTMLElement} root
 * @param {Api["Bench"]} first */
export function mount(root, first) {
  let shown = first;
  let timer = 0;

  /** @param {Api["Bench"]} bench */
  const show = (bench) => {
    shown = bench;
    showTiles(root, bench, { check, cancel, choose });
    showMatrix(root, bench.matrix, { shared: "The bench's own", href: ofBay });
    slot(root, "all").disabled = running() || bench.tiles.every((tile) => tile.read_only);
    slot(root, "stop").hidden = !bench.tiles.some((tile) => tile.running);
  };
  const running = () => shown.matrix?.state === "running";
  /** @param {() => Promise<unknown>} question */
  const ask = async (question, done = "") => {
    try {
      await question();
      if (done) announce(done);
    } catch (error) {
      showError(error);
    }
    refresh();
  };
  /** @param {Tile} tile */
  const check = (tile) => ask(() => call("POST", `bays/${encodeURIComponent(tile.bay)}/checkups`, {}), `${tile.place}: checking.`);
  /** @param {Tile} tile */
  const cancel = (tile) => ask(() => call("POST", `bays/${encodeURIComponent(tile.bay)}/checkups/${tile.running}/cancel`, {}));
  /** @param {Tile} tile */
  const choose = (tile) => ask(() => call("POST", "connection/credentials", { host: tile.main_host }), `${tile.place} is main now.`);
  const refresh = (after = SETTLE_MS + EACH_MS * shown.tiles.length) => {
    timer ||= window.setTimeout(look, after);
  };
  /** @type {() => Promise<Api["Bench"] | undefined>} */
  const answer = inOrder(() => call("GET", "bench"));
  const look = async () => {
    timer = 0;
    try {
      const bench = await answer();
      if (bench) show(bench);
    } catch {
      refresh(AGAIN_MS);
    }
  };

  slot(root, "all").addEventListener("click", () => ask(() => call("POST", "checkups", { bays: "all" }), "All boards are being checked."));
  slot(root, "stop").addEventListener("click", () => shown.tiles.filter((tile) => tile.running).forEach(cancel));
  const stream = new EventSource("/api/v1/events?feed=heat");
  stream.addEventListener("heat", (event) => showHeat(root, JSON.parse(event.data)));
  for (const kind of CHANGES) stream.addEventListener(kind, () => refresh());
  setInterval(() => show(shown), MINUTE_MS); // how long ago a board was checked goes on
  show(first);
  return () => stream.close();
}

mount(byId("ui-main"), BOOT.bench);
