// The connection ladder: where the way to the device stops, rung by rung, with what was seen there.
// The words of a state come from the server (presentation.py), those of a rung from the ladder itself.
import { announce, part, el, icon, setContent, setText, slot, WORDS } from "../js/dom.js";
import { clock } from "../js/format.js";
import { guarded } from "../js/notices.js";

/** A rung as a list item.
 * @param {Api["Rung"]} rung */
export function rungItem({ state, title, seen, next_step: next }) {
  const words = WORDS.rungs[state];
  return el("li.rung", { "data-tone": words.tone, "data-state": state },
    el("p.rung-head", {}, el("span.rung-state", {}, icon(words.icon), words.word), el("strong", {}, title)),
    seen ? el("p.rung-seen", {}, seen) : null,
    next && state !== "ok" ? el("p.step", {}, icon("next"), el("span", {}, next)) : null);
}
/** @param {Api["Rung"][]} rungs */
function summary(rungs) {
  const broken = rungs.find(({ state }) => state === "broken");
  if (broken) return `Stopped at: ${broken.title}.`;
  return rungs.some(({ state }) => state === "note") ? "The connection works, with a note." : "The connection works.";
}

/** The connection check of one board.
 * @param {Root} root
 * @param {Board} state */
export function mountLadder(root, state) {
  async function look() {
    const panel = part(root, "ladder");
    panel.hidden = false;
    panel.setAttribute("aria-busy", "true");
    if (!panel.contains(document.activeElement)) part(root, "ladder-title").focus(); // at once, wherever one asked
    setContent(slot(panel, "rungs"));
    setText(slot(panel, "summary"), "Checking, from the laptop's USB up to the device's clock. This can take half a minute.");
    try {
      const { rungs } = await state.api.ladder();
      setContent(slot(panel, "rungs"), rungs.map(rungItem));
      setText(slot(panel, "summary"), `${summary(rungs)} Checked at ${clock(new Date().toISOString())}.`);
      announce(summary(rungs));
      panel.scrollIntoView({ block: "nearest" });
    } catch (error) {
      panel.hidden = true;
      throw error;
    } finally {
      panel.removeAttribute("aria-busy");
    }
  }

  part(root, "ladder-again").addEventListener("click", (event) => guarded(event.currentTarget, look));
  part(root, "ladder-close").addEventListener("click", () => { part(root, "ladder").hidden = true; });
  return { look };
}
