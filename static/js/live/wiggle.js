// The wiggle test's full-screen panel: what changes while a person moves cables and connectors lights up and
// beeps. What was seen is wiggle_test.js's; this file only shows it.
import { api } from "../api.js";
import { announce, byId, el, setContent, setText, slot } from "../dom.js";
import { copyText } from "../copy.js";
import { guarded } from "../notices.js";
import { reopen } from "../stream.js";
import { beep, openSound } from "./beep.js";
import { on, store } from "./store.js";
import { begin, elapsed, end, forget, look, report, running, shown, startTest, test, time, verdict, voltages } from "./wiggle_test.js";

const LIT_MS = 2500;
const LINK = { key: "link", label: "Link losses", group: "Link" };

const tiles = new Map(); // key -> {counter, node, value}
let drawn = -1; // how many events the list was made of

export function startWiggle() {
  const panel = byId("ui-wiggle");
  byId("ui-wiggle-open").addEventListener("click", () => { openSound(); begin(); open(); reopen(); });
  byId("ui-wiggle-end").addEventListener("click", finish);
  byId("ui-wiggle-mark").addEventListener("click", (event) => guarded(event.currentTarget, () => api.liveMarker("Wiggle: marked")));
  byId("ui-wiggle-close").addEventListener("click", () => panel.close());
  byId("ui-wiggle-copy").addEventListener("click", () => copyText(slot(panel, "report").textContent, "Summary"));
  panel.addEventListener("cancel", (event) => { // Escape ends the test; it does not throw away what was found
    if (!running()) return;
    event.preventDefault();
    finish();
  });
  panel.addEventListener("close", closed);
  for (const topic of ["about", "samples"]) on(topic, lookOn);
  startTest(changed);
  if (test) resume();
}

/** The feeds that this page wants: samples come fast while a test runs. */
export const wanted = () => (running() ? ["live", "wiggle"] : ["live"]);

/** After a reload. Browsers allow sound only after a click or a key, so that is asked for. */
function resume() {
  open();
  if (!running() || navigator.userActivation?.hasBeenActive) return;
  const hint = slot(byId("ui-wiggle"), "mute");
  hint.hidden = false;
  const wake = () => {
    if (!(navigator.userActivation?.isActive ?? true)) return;
    for (const kind of ["click", "keydown"]) document.removeEventListener(kind, wake);
    hint.hidden = true;
    openSound();
  };
  for (const kind of ["click", "keydown"]) document.addEventListener(kind, wake);
}

function open() {
  const panel = byId("ui-wiggle");
  const over = !running();
  slot(panel, "summary").hidden = !over;
  slot(panel, "running").hidden = over;
  byId("ui-wiggle-end").hidden = over;
  slot(panel, "mute").hidden = true;
  if (!panel.open) panel.showModal();
  tiles.clear();
  drawn = -1;
  if (over) summarize();
  else render();
}

function lookOn() {
  if (!running()) return;
  look();
  if (running()) render();
  else finished();
}

function finish() {
  end();
  finished();
}

function finished() {
  open();
  reopen();
}

/** Some browsers close it by Escape without asking: a test that runs is ended, not thrown away. */
function closed() {
  if (running()) finish();
  else forget();
}

function render() {
  build();
  for (const [key, { counter, node, value }] of tiles) {
    const text = shown(counter);
    setText(value, text);
    value.toggleAttribute("data-long", text.length > 6);
    if (test.tones[key]) node.dataset.tone = test.tones[key];
  }
  setText(slot(byId("ui-wiggle"), "time"), elapsed());
  if (drawn === test.events.length) return;
  drawn = test.events.length;
  setContent(slot(byId("ui-wiggle"), "events"), test.events.slice(-6).reverse().map(({ at, words }) =>
    el("li", {}, el("time", {}, time(at)), words)));
}

function build() {
  const counters = [...voltages().map(({ key, label }) => ({ key, label: `${label} minimum`, group: "Power" })), ...store.about.counters, LINK];
  if (counters.every(({ key }) => tiles.has(key))) return;
  for (const counter of counters) if (!tiles.has(counter.key)) tiles.set(counter.key, tile(counter));
  const groups = [...new Set(counters.map(({ group }) => group))];
  setContent(slot(byId("ui-wiggle"), "tiles"), groups.map((group) => el("section.wiggle-group", {}, el("h3", {}, group),
    el("div.wiggle-tiles", {}, counters.filter((each) => each.group === group).map(({ key }) => tiles.get(key).node)))));
}

function tile(counter) {
  const value = el("span.wiggle-value");
  return { counter, value, node: el("div.wiggle-tile", { "data-key": counter.key }, value, el("span.wiggle-label", {}, counter.label)) };
}

function changed(key, words, alarm) {
  build();
  const { node } = tiles.get(key);
  node.dataset.lit = "yes";
  clearTimeout(node.unlight);
  node.unlight = setTimeout(() => delete node.dataset.lit, LIT_MS);
  beep(alarm ? 880 : 520);
  announce(words);
}

function summarize() {
  const panel = byId("ui-wiggle");
  const [tone, words] = verdict();
  setText(slot(panel, "verdict"), words);
  slot(panel, "verdict").dataset.tone = tone;
  setText(slot(panel, "report"), report());
  byId("ui-wiggle-close").focus();
}
