// The header and the banner: who is plugged in, how the link is, and why not. The words come from the
// server (presentation.py, errors.py); this file puts them in place.
import { part, el, icon, setContent, setText, slot, WORDS } from "./dom.js";
import { clock, plural, shortKey, shortRelease, since } from "./format.js";
import { copyText } from "./copy.js";
import { guarded } from "./notices.js";

const PATIENCE_MS = 1500; // a page that opens connects: no banner, which would push all down, for so short a time
const connectedFor = (iso) => (Date.now() - new Date(iso).getTime() < 60000 ? "connected just now" : `for ${since(iso)}`);
/** By which way: the system's ssh may be the only one in, and no fallback then. */
const way = (status) => (status.mode === "ssh" ? "ssh" : status.path ?? "");
const roundTrip = (status) => (typeof status.round_trip_ms === "number"
  ? `${status.round_trip_ms.toFixed(status.round_trip_ms < 10 ? 1 : 0)} ms` : "");

/** The header and the banner of one board.
 * @param {ParentNode & EventTarget} root
 * @param {import("./state.js").BoardState} state */
export function mountLink(root, state) {
  function renderLink() {
    const status = state.connection;
    renderDevice(status);
    renderState(status);
    renderFacts();
    renderBanner(status);
  }

  function renderDevice({ demo }) {
    const device = state.knownDevice();
    const header = part(root, "header");
    setText(slot(header, "name"), device ? device.nickname || device.hostname || device.model || "Device" : "No device yet");
    slot(header, "demo").hidden = !demo;
    slot(header, "hint").hidden = Boolean(device);
    for (const fact of ["model", "serial"]) showFact(header, fact, device?.[fact]);
    showFact(header, "release", shortRelease(device?.release ?? ""));
    slot(header, "release").title = device?.release ?? "";
    showFact(header, "fingerprint", device ? shortKey(device.fingerprint) : "");
    slot(header, "fingerprint").title = device ? `${device.fingerprint} (click to copy)` : "";
  }

  function showFact(header, fact, value) {
    header.querySelector(`[data-fact="${fact}"]`).hidden = !value;
    setText(slot(header, fact), value ?? "");
  }

  function renderState(status) {
    const header = part(root, "header");
    const words = state.online ? WORDS.states[status.state] : { icon: "unlink", tone: "bad", word: "Page not live" };
    header.dataset.tone = status.breaker_open && words.tone === "ok" ? "warn" : words.tone;
    const spin = words.tone === "busy" ? "spin" : "";
    if (header.dataset.state !== words.word) {
      setContent(slot(header, "state"), icon(spin ? "busy" : words.icon, spin), el("span.link-word", {}, words.word));
      header.dataset.state = words.word;
    }
    setText(slot(header, "details"), state.online ? shortFacts(status).join(" · ") : "");
  }

  function shortFacts(status) {
    if (status.state !== "connected") return [];
    return [
      WORDS.paths[way(status)],
      roundTrip(status) && `Round trip ${roundTrip(status)}`,
      status.connected_since && connectedFor(status.connected_since),
      status.reconnects && plural(status.reconnects, "reconnect"),
    ].filter(Boolean);
  }

  function renderFacts() {
    const status = state.connection;
    setText(slot(part(root, "header"), "details"), state.online ? shortFacts(status).join(" · ") : "");
    if (!part(root, "link-facts").open) return;
    const facts = [
      ["Address", status.address],
      ["Host key", state.knownDevice()?.fingerprint],
      ["Path", WORDS.paths[way(status)] ?? status.path],
      ["Because", status.because],
      ["Mode", status.mode === "channels" ? "one channel per command (the shell cannot hold a lane)" : status.mode],
      ["Round trip", roundTrip(status)],
      ["Connected since", status.connected_since ? `${clock(status.connected_since)} (${since(status.connected_since)})` : ""],
      ["SSH server", status.server_version],
      ["Logins", status.logins],
      ["Reconnects", status.reconnects],
      ["Commands", status.commands],
      ["By fallback", status.fallbacks],
    ].filter(([, value]) => value !== null && value !== undefined && value !== "");
    setContent(slot(part(root, "header"), "facts"), facts.map(([name, value]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, String(value)))));
  }

  function renderBanner(status) {
    const banner = part(root, "banner");
    const view = bannerView(status);
    const early = ["idle", "connecting"].includes(status.state) && performance.now() < PATIENCE_MS;
    banner.hidden = !view || !state.online || early;
    if (!view) return;
    banner.dataset.tone = view.tone;
    setContent(slot(banner, "icon"), icon(view.tone === "busy" ? "busy" : view.icon, view.tone === "busy" ? "spin" : ""));
    setText(slot(banner, "title"), view.title);
    setText(slot(banner, "sentence"), view.sentence);
    setText(slot(banner, "next"), view.next);
    slot(banner, "checks").hidden = !view.checks.length;
    setContent(slot(banner, "checks-list"), view.checks.map((line) => el("li", {}, line)));
    part(root, "connect").hidden = !view.connect;
  }

  /** What the banner says, or null when all is well. Mirrors link_view in presentation.py. */
  function bannerView(status) {
    const words = WORDS.states[status.state];
    if (status.state === "connected") return status.breaker_open ? fallbackView() : null;
    const trouble = WORDS.troubles[status.error?.code];
    /** @type {any} */
    const asked = status.error?.details?.prompts; // “Connect now” would end the login that waits for an answer
    const title = trouble?.title ?? words.word;
    const sentence = status.error?.message ?? words.sentence;
    return {
      icon: words.icon,
      tone: words.tone,
      title,
      sentence: sentence === `${title}.` ? "" : sentence, // said once is enough
      next: status.error?.hint ?? words.next_step,
      checks: trouble?.checks ?? [],
      connect: status.state !== "connecting" && trouble?.panel !== "trust" && !asked?.length,
    };
  }

  function fallbackView() {
    return {
      icon: "warn", tone: "warn", title: "Working without the persistent link", checks: [], connect: true,
      sentence: "The persistent link failed several times; commands go by the system's ssh and take longer.",
      next: "“Connect now” tries the persistent link again. The log (app.log) has the cause.",
    };
  }

  for (const name of ["reset", "connect"]) {
    part(root, name).addEventListener("click", (event) => guarded(event.currentTarget, state.api.reset));
  }
  slot(part(root, "header"), "fingerprint").addEventListener("click", () =>
    copyText(state.knownDevice()?.fingerprint, "Host key fingerprint"));
  document.addEventListener("click", (event) => {
    const popup = part(root, "link-facts");
    if (popup.open && !popup.contains(event.target)) popup.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") part(root, "link-facts").open = false;
  });
  state.on("link", renderLink);
  state.on("stream", renderLink);
  setInterval(renderFacts, 15000);
  part(root, "link-facts").addEventListener("toggle", renderFacts);
  renderLink();
  setTimeout(renderLink, PATIENCE_MS);
}
