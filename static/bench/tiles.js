// A tile for each bay: place, board, verdict, what runs, link. Tiles are kept, so that focus stays where it is.
import { button, clean, el, icon, setContent, setText, slot } from "../js/dom.js";
import { dateTime, plural, since } from "../js/format.js";

/** @typedef {Api["Tile"]} Tile */
/** A tile as it stands, with what it shows now.
 * @typedef {{tile: Tile, node: HTMLElement, link: HTMLElement}} Entry */
/** What its buttons do.
 * @typedef {{check(tile: Tile): void, cancel(tile: Tile): void, choose(tile: Tile): void}} Acts */

/** @type {WeakMap<Element, Map<string, Entry>>} */
const kept = new WeakMap();

/** Show these tiles in the list under `root`; each with these buttons.
 * @param {HTMLElement} root
 * @param {Api["Bench"]} bench
 * @param {Acts} act */
export function showTiles(root, bench, act) {
  const list = slot(root, "tiles");
  const before = kept.get(list) ?? new Map();
  const tiles = new Map(bench.tiles.map((tile) => [tile.bay, before.get(tile.bay) ?? made(tile, act)]));
  for (const tile of bench.tiles) fill(/** @type {Entry} */ (tiles.get(tile.bay)), tile);
  const nodes = [...tiles.values()].map((entry) => entry.node);
  const same = nodes.length === list.children.length && nodes.every((node, at) => list.children[at] === node);
  if (!same) list.replaceChildren(...nodes);
  kept.set(list, tiles);
  list.dataset.many = bench.tiles.length > 12 ? "yes" : "no";
  setText(slot(root, "summary"), summary(bench.tiles));
  filter(root, bench.tiles, tiles);
  others(slot(root, "others"), bench.others);
}

const FILTER_FROM = 8; // tiles; fewer are seen at once
const ALL = "all";
/** @type {WeakMap<Element, string>} */
const chosen = new WeakMap();

/** Buttons that show the tiles of one verdict alone, each with its count.
 * @param {HTMLElement} root
 * @param {Tile[]} tiles
 * @param {Map<string, Entry>} entries */
function filter(root, tiles, entries) {
  const bar = slot(root, "filter");
  bar.hidden = tiles.length < FILTER_FROM;
  const counts = new Map([[ALL, tiles.length]]);
  for (const tile of tiles) counts.set(tile.badge.word, (counts.get(tile.badge.word) ?? 0) + 1);
  const asked = chosen.get(bar);
  const wanted = asked && counts.has(asked) && !bar.hidden ? asked : ALL;
  for (const { tile, node } of entries.values()) node.hidden = wanted !== ALL && tile.badge.word !== wanted;
  const now = JSON.stringify([...counts, wanted]);
  if (bar.dataset.shown === now) return;
  bar.dataset.shown = now;
  const focused = bar.contains(document.activeElement);
  setContent(bar, [...counts].map(([word, count]) => button(`${word === ALL ? "All" : word}: ${count}`, tiles.find((tile) => tile.badge.word === word)?.badge.icon ?? "board",
    () => { chosen.set(bar, word); filter(root, tiles, entries); }, ".small", { "aria-pressed": String(word === wanted) })));
  if (focused) /** @type {HTMLElement | null} */ (bar.querySelector('[aria-pressed="true"]'))?.focus();
}

/** @param {Tile[]} tiles */
function summary(tiles) {
  const boards = tiles.filter((tile) => !tile.read_only);
  const connected = boards.filter((tile) => tile.link.tone === "ok").length;
  const running = tiles.filter((tile) => tile.running).length;
  const words = [`${connected} of ${plural(boards.length, "board")} connected`];
  if (running) words.push(`${running} being checked`);
  return `${words.join(", ")}.`;
}

/** @param {HTMLElement} node
 * @param {Api["Bench"]["others"]} found */
function others(node, found) {
  node.hidden = !found.length;
  setText(node, found.length ? `Not contacted: ${found.map((each) => `${each.name || each.vendor} at ${each.usb_port}`).join(", ")}. They are no V3 boards.` : "");
}

/** @param {Tile} tile
 * @param {Acts} act */
function made(tile, act) {
  const link = el("a", { href: tile.href });
  const entry = { tile, node: el("li.tile", {}), link };
  entry.node.append(
    el("h2.tile-place", {}, link),
    el("p.tile-name", { "data-slot": "name" }),
    el("p.tile-serial", { "data-slot": "serial" }),
    el("p.tile-verdict", {}, el("span.badge", { "data-slot": "badge" }), el("span.tile-counts", { "data-slot": "counts" })),
    el("p.tile-link", {}, el("span", { "data-slot": "link" }), el("span.tile-heat", { "data-slot": "heat", title: "Hottest sensor" })),
    el("p.tile-serial", { "data-slot": "usb", title: "USB: speed, console, the controller's endpoints" }),
    el("p.tile-activity", { "data-slot": "activity" }), el("p.tile-note", { "data-slot": "note" }),
    el("progress.tile-progress", { "data-slot": "progress", max: "1", value: "0", "aria-label": clean(`${tile.place}: check-up`) }),
    el("div.tile-buttons", {},
      button("Check", "run", () => act.check(entry.tile), ".small", { "data-slot": "check", "aria-label": `Check ${tile.place}` }),
      button("Cancel", "stop", () => act.cancel(entry.tile), ".small", { "data-slot": "cancel", "aria-label": `Cancel ${tile.place}` }),
      button("Use as main", "flag", () => act.choose(entry.tile), ".small", { "data-slot": "choose", "aria-label": `Use ${tile.place} as main` })),
  );
  return entry;
}

/** @param {Entry} entry
 * @param {Tile} tile */
function fill(entry, tile) {
  entry.tile = tile;
  const { node } = entry;
  node.dataset.verdict = tile.verdict ?? "none";
  slot(node, "link").dataset.tone = tile.link.tone;
  setText(entry.link, tile.place);
  setText(slot(node, "name"), tile.name);
  setText(slot(node, "serial"), tile.serial && !tile.name.includes(tile.serial) ? tile.serial : "");
  setContent(slot(node, "badge"), icon(tile.running ? "busy" : tile.badge.icon), tile.running ? "Checking" : tile.badge.word);
  setText(slot(node, "counts"), tile.running ? `${tile.done} of ${tile.total}` : tile.verdict ? tile.counts : tile.last_checked ? lastChecked(tile.last_checked) : "");
  setContent(slot(node, "link"), icon(tile.link.icon), tile.link.word);
  setText(slot(node, "activity"), tile.activity && `Runs: ${tile.activity}`);
  setText(slot(node, "usb"), tile.usb);
  fillHeat(node, tile.heat);
  setText(slot(node, "note"), [tile.note, tile.hint].filter(Boolean).join(" "));
  const progress = slot(node, "progress");
  progress.hidden = !tile.running;
  progress.max = Math.max(1, tile.total);
  progress.value = tile.done;
  slot(node, "check").hidden = Boolean(tile.running || tile.read_only);
  slot(node, "cancel").hidden = !tile.running;
  slot(node, "choose").hidden = !tile.main_host;
}

/** A laptop's clock that was set back gets the date.
 * @param {string} iso */
function lastChecked(iso) {
  const age = since(iso);
  if (!age) return `last checked ${dateTime(iso)}`;
  return age === "just now" ? "last checked just now" : `last checked ${age} ago`;
}

/** @param {HTMLElement} node
 * @param {Api["Heat"] | null} heat */
function fillHeat(node, heat) {
  const place = slot(node, "heat");
  place.hidden = !heat;
  if (!heat) return;
  place.dataset.verdict = heat.verdict;
  setContent(place, icon("thermal"), heat.text);
}

/** A temperature that came between two looks at all tiles.
 * @param {HTMLElement} root
 * @param {Api["Heat"]} heat */
export function showHeat(root, heat) {
  const entry = kept.get(slot(root, "tiles"))?.get(heat.bay);
  if (entry?.tile.link.tone === "ok") fillHeat(entry.node, heat);
}
