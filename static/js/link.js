// The header and the banner: who is plugged in, how the link is, and why not. All words are in the status's
// `view` (link_words.py); this file puts them in place.
import { part, el, icon, setContent, setText, slot } from "./dom.js";
import { clock, since } from "./format.js";
import { copyText } from "./copy.js";
import { guarded } from "./notices.js";

const PATIENCE_MS = 4000; // a page that opens connects: no banner, which would push all down, for so short a time
/** @param {string} iso */
const connectedFor = (iso) => (Date.now() - new Date(iso).getTime() < 60000 ? "connected just now" : `for ${since(iso)}`);
/** @param {string} name */
const turning = (name) => icon(name, name === "busy" ? "spin" : "");
/** What stands in place of a state that the page does not hear of. */
export const NOT_LIVE = { icon: "unlink", tone: "bad", word: "Page not live" };

/** The header and the banner of one board.
 * @param {Root} root
 * @param {Board} state */
export function mountLink(root, state) {
  function renderLink() {
    const status = state.connection;
    renderDevice(status);
    renderState(status);
    renderFacts();
    renderBanner(status);
  }

  /** @param {Api["LinkStatus"]} status */
  function renderDevice({ demo, view }) {
    const device = state.knownDevice();
    const header = part(root, "header");
    setText(slot(header, "name"), view.name);
    slot(header, "demo").hidden = !demo;
    slot(header, "hint").hidden = Boolean(device);
    for (const fact of /** @type {const} */ (["model", "serial"])) showFact(header, fact, device?.[fact]);
    showFact(header, "release", view.release);
    slot(header, "release").title = device?.release ?? "";
    showFact(header, "fingerprint", view.key);
    slot(header, "fingerprint").title = device ? `${device.fingerprint} (click to copy)` : "";
  }

  /** @param {HTMLElement} header
   * @param {string} fact
   * @param {string} [value] */
  function showFact(header, fact, value) {
    /** @type {HTMLElement} */ (header.querySelector(`[data-fact="${fact}"]`)).hidden = !value;
    setText(slot(header, fact), value ?? "");
  }

  /** @param {Api["LinkStatus"]} status */
  function renderState(status) {
    const header = part(root, "header");
    const words = state.online ? status.view : NOT_LIVE;
    header.dataset.tone = words.tone;
    if (header.dataset.state !== words.word) {
      setContent(slot(header, "state"), turning(words.icon), el("span.link-word", {}, words.word));
      header.dataset.state = words.word;
    }
  }

  /** The short facts, and for how long: that is the page's clock.
   * @param {Api["LinkStatus"]} status */
  function shortFacts({ view, connected_since: from, state: link }) {
    return [...view.details, link === "connected" && from && connectedFor(from)].filter(Boolean).join(" · ");
  }

  function renderFacts() {
    const status = state.connection;
    setText(slot(part(root, "header"), "details"), state.online ? shortFacts(status) : "");
    if (!part(root, "link-facts").open) return;
    setContent(slot(part(root, "header"), "facts"), status.view.facts.map(({ name, value, is_time: isTime }) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, isTime ? `${clock(value)} (${since(value)})` : value))));
  }

  /** @param {Api["LinkStatus"]} status */
  function renderBanner(status) {
    const banner = part(root, "banner");
    const view = status.view.banner;
    const early = ["idle", "connecting"].includes(status.state) && performance.now() < PATIENCE_MS;
    banner.hidden = !view || !state.online || early;
    if (!view) return;
    banner.dataset.tone = view.tone;
    setContent(slot(banner, "icon"), turning(view.icon));
    setText(slot(banner, "title"), view.title);
    setText(slot(banner, "sentence"), view.sentence);
    setText(slot(banner, "next"), view.next_step);
    slot(banner, "checks").hidden = !view.checks.length;
    setContent(slot(banner, "checks-list"), view.checks.map((line) => el("li", {}, line)));
    part(root, "connect").hidden = !view.connect;
  }

  for (const name of ["reset", "connect"]) {
    part(root, name).addEventListener("click", (event) => guarded(event.currentTarget, state.api.reset));
  }
  slot(part(root, "header"), "fingerprint").addEventListener("click", () =>
    copyText(state.knownDevice()?.fingerprint ?? "", "Host key fingerprint"));
  state.on("link", renderLink);
  state.on("stream", renderLink);
  setInterval(renderFacts, 15000);
  part(root, "link-facts").addEventListener("toggle", renderFacts);
  renderLink();
  setTimeout(renderLink, PATIENCE_MS);
}
