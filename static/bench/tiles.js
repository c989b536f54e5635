// A tile for each bay: place, board, verdict, what runs, link. Tiles are kept, so that focus stays where it is.
import { button, clean, el, icon, setContent, setText, slot } from "../js/dom.js";

const kept = new WeakMap();

/** Show these tiles in the list under `root`; act: {check(tile), cancel(tile)}.
 * @param {HTMLElement} root */
export function showTiles(root, bench, act) {
  const list = slot(root, "tiles");
  const before = kept.get(list) ?? new Map();
  const tiles = new Map(bench.tiles.map((tile) => [tile.bay, before.get(tile.bay) ?? made(tile, act)]));
  for (const tile of bench.tiles) fill(tiles.get(tile.bay), tile);
  const nodes = [...tiles.values()].map((entry) => entry.node);
  if (nodes.length !== list.children.length || nodes.some((node, at) => list.children[at] !== node)) list.replaceChildren(...nodes);
  kept.set(list, tiles);
  list.dataset.many = bench.tiles.length > 12 ? "yes" : "no";
  setText(slot(root, "summary"), summary(bench.tiles));
  others(slot(root, "others"), bench.others);
}

function summary(tiles) {
  const connected = tiles.filter((tile) => tile.link.tone === "ok").length;
  const running = tiles.filter((tile) => tile.running).length;
  const words = [`${connected} of ${tiles.length} boards connected`];
  if (running) words.push(`${running} being checked`);
  return `${words.join(", ")}.`;
}

function others(node, found) {
  node.hidden = !found.length;
  setText(node, found.length ? `Not contacted: ${found.map((each) => `${each.name || each.vendor} at ${each.usb_port}`).join(", ")}. They are no V3 boards.` : "");
}

function made(tile, act) {
  const entry = { tile, node: el("li.tile", {}) };
  const link = el("a", { href: tile.href });
  entry.node.append(
    el("h2.tile-place", {}, link),
    el("p.tile-name", { "data-slot": "name" }),
    el("p.tile-serial", { "data-slot": "serial" }),
    el("p.tile-verdict", {}, el("span.badge", { "data-slot": "badge" }), el("span.tile-counts", { "data-slot": "counts" })),
    el("p.tile-link", { "data-slot": "link" }), el("p.tile-note", { "data-slot": "note" }),
    el("progress.tile-progress", { "data-slot": "progress", max: "1", value: "0", "aria-label": clean(`${tile.place}: check-up`) }),
    el("div.tile-buttons", {},
      button("Check", "run", () => act.check(entry.tile), ".small", { "data-slot": "check", "aria-label": `Check ${tile.place}` }),
      button("Cancel", "stop", () => act.cancel(entry.tile), ".small", { "data-slot": "cancel", "aria-label": `Cancel ${tile.place}` })),
  );
  entry.link = link;
  return entry;
}

function fill(entry, tile) {
  entry.tile = tile;
  const { node } = entry;
  node.dataset.verdict = tile.verdict ?? "none";
  slot(node, "link").dataset.tone = tile.link.tone;
  setText(entry.link, tile.place);
  setText(slot(node, "name"), tile.name);
  setText(slot(node, "serial"), tile.serial && !tile.name.includes(tile.serial) ? tile.serial : "");
  setContent(slot(node, "badge"), icon(tile.running ? "busy" : tile.badge.icon), tile.running ? "Checking" : tile.badge.word);
  setText(slot(node, "counts"), tile.running ? `${tile.done} of ${tile.total}` : tile.verdict ? tile.counts : "");
  setContent(slot(node, "link"), icon(tile.link.icon), tile.link.word);
  setText(slot(node, "note"), [tile.note, tile.hint].filter(Boolean).join(" "));
  const progress = slot(node, "progress");
  progress.hidden = !tile.running;
  progress.max = Math.max(1, tile.total);
  progress.value = tile.done;
  slot(node, "check").hidden = Boolean(tile.running);
  slot(node, "cancel").hidden = !tile.running;
}
