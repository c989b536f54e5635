// Messages that must not be lost: they stay until they are dismissed, and are said to screen readers.
import { all, button, byId, el, icon } from "./dom.js";

const MOST = 4;

/** @param {"ok" | "warn" | "bad"} tone
 * @param {string} title
 * @param {string} [text] */
export function notify(tone, title, text = "") {
  const box = byId("ui-notices");
  all(box, ".notice").find(({ dataset }) => dataset.title === title && dataset.text === text)?.remove();
  if (tone === "ok") for (const old of box.querySelectorAll('[data-tone="ok"]')) old.remove(); // they do not pile up
  const dismiss = button("", "close", () => note.remove(), ".quiet", { "aria-label": "Dismiss" });
  const note = el("div.notice", { role: "alert", "data-tone": tone, "data-title": title, "data-text": text },
    icon(tone === "ok" ? "pass" : "warn"), el("div", {}, el("strong", {}, title), text ? el("p", {}, text) : null), dismiss);
  box.prepend(note); // of more than the box holds the newest is in sight
  while (box.children.length > MOST) box.lastElementChild?.remove();
  if (tone === "ok") setTimeout(() => note.remove(), 6000);
}

/** An ApiError (or any error) as a message with its next step.
 * @param {unknown} error */
export function showError(error) {
  const { message, hint = "" } = /** @type {Error & {hint?: string}} */ (error);
  notify("bad", message, hint);
}

/** Runs the action of a button; the button is off meanwhile, an error is shown. Answers whether it worked.
 * @param {EventTarget | null} control
 * @param {() => unknown} action */
export async function guarded(control, action) {
  const button = /** @type {HTMLButtonElement | null} */ (control);
  if (button) button.disabled = true;
  try {
    await action();
    return true;
  } catch (error) {
    showError(error);
    return false;
  } finally {
    if (button) button.disabled = false;
  }
}
