// The question whose key it is: calm for a board that is new here, red where another one was known.
import { announce, button, el, part, setContent, setText, slot } from "../js/dom.js";
import { guarded } from "../js/notices.js";

/** @typedef {{address?: string, serial?: string, fingerprint?: string, key_type?: string, expected?: string,
 *   previous?: string}} Asked */

/** The question of one board. openLogin: shows the form for the address.
 * @param {Root} root
 * @param {Board} state
 * @param {() => void} openLogin */
export function mountTrust(root, state, openLogin) {
  const box = part(root, "trust");
  let shown = ""; // what the panel asks about
  let refused = ""; // what a person said no to; the link looks now and then who is there, and finds it again

  /** @param {string} title
   * @param {string} text
   * @param {...Node} choices */
  function say(title, text, ...choices) {
    setText(slot(box, "title"), title);
    setText(slot(box, "text"), text);
    setContent(slot(box, "choices"), choices);
  }

  /** @param {Api["LinkStatus"]["error"]} error the question, or null. */
  function render(error) {
    /** @type {Asked} */
    const details = error?.details ?? {};
    const asked = error ? `${error.code} ${details.fingerprint}` : "";
    if (asked === shown) return;
    shown = asked;
    box.hidden = !error;
    if (!error) return;
    const before = details.expected || details.previous || "";
    box.dataset.tone = before ? "bad" : "busy";
    if (asked === refused) tellRefused();
    else ask(details.fingerprint ?? "", before);
    setContent(slot(box, "keys"), keyFacts(details, before));
    announce(`${slot(box, "title").textContent} Fingerprint ${details.fingerprint ?? ""}`);
  }

  /** @param {string} fingerprint
   * @param {string} before */
  function ask(fingerprint, before) {
    /** @param {boolean} reflashed */
    const trust = (reflashed) => (/** @type {MouseEvent} */ event) =>
      guarded(event.currentTarget, () => state.api.trust(fingerprint, reflashed));
    const mine = before ? [
      button("A different board is plugged in: trust it", "board", trust(false)),
      button("This board was reflashed: replace its key", "reload", trust(true)),
    ] : [button("Trust this board", "pass", trust(false), ".primary")];
    say(before ? "Another key than before" : "A new board",
      before ? "Until now this address showed another key. No password was sent. What happened?"
        : "This laptop has not seen this board before. No password was sent. Trust it if it is the one that you plugged in.",
      ...mine, button("Not my board", "close", refuse));
  }

  /** Nobody trusts it. */
  function refuse() {
    refused = shown;
    tellRefused();
    part(box, "trust-title").focus();
  }

  function tellRefused() {
    say("Not your board: nothing was sent to it",
      "It stays untrusted and disconnected. Unplug it, or correct the address. Then connect again.",
      button("Connect again", "reload", (event) => {
        refused = "";
        return guarded(event.currentTarget, state.api.reset);
      }),
      button("Change the address", "key", openLogin, ".quiet"));
  }

  /** @param {Asked} details
   * @param {string} before */
  function keyFacts(details, before) {
    return [
      ["Address", details.address ?? state.connection.address, ""],
      ["Serial", details.serial, ""],
      ["Fingerprint now", details.fingerprint, "key"],
      ["Known until now", before, "key"],
      ["Key type", details.key_type, ""],
    ].filter(([, value]) => value).map(([name, value, kind]) =>
      el("div", {}, el("dt", {}, name), el(kind ? `dd.${kind}` : "dd", {}, String(value))));
  }

  return render;
}
