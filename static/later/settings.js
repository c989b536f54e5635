// What a person may set for this browser, in the header's popup: theme, calls; and the ways to palette and keys.
import { button, el, part } from "../js/dom.js";
import { keep, kept } from "../js/kept.js";
import { openSound } from "./beep.js";
import { stylesheet } from "./style.js";

const THEMES = { system: "System", light: "Light", dark: "Dark" };
const CALLS = { icon: "Tab icon", sound: "Sound", desktop: "Desktop message" };

const YEAR_S = 31536000;

export const chosenTheme = () => document.documentElement.dataset.theme ?? "system";

/** Use this theme from now on, on this page at once. The program draws pages in it: no script can be as early.
 * @param {string} name */
export function chooseTheme(name) {
  document.cookie = `v3_theme=${name}; path=/; samesite=lax; max-age=${name === "system" ? 0 : YEAR_S}`;
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  document.dispatchEvent(new Event("v3-theme")); // what is drawn by scripts is drawn again
}

/** Ask the browser what it allows, since only a click may.
 * @param {HTMLInputElement} box */
async function chooseCall(box) {
  if (box.name === "sound" && box.checked) openSound();
  if (box.name === "desktop" && box.checked) {
    const answer = "Notification" in window ? await Notification.requestPermission() : "denied";
    if (answer !== "granted") {
      box.checked = false;
      throw new Error("The browser allows no desktop messages for this page.");
    }
  }
  const calls = { ...kept("calls", {}), [box.name]: box.checked };
  keep("calls", Object.values(calls).some(Boolean) ? calls : null);
}

/** @param {ParentNode} root
 * @param {{palette: () => void, keys: () => void, calls: () => void}} ways */
export function mountSettings(root, { palette, keys, calls }) {
  stylesheet();
  const popup = part(root, "link-facts");
  /** @param {() => void} then */
  const close = (then) => () => { popup.open = false; then(); };
  const problem = el("p.settings-problem", { role: "alert", hidden: true });
  const themes = Object.entries(THEMES).map(([name, word]) => el("label", {},
    el("input", { type: "radio", name: "v3-theme", value: name, checked: name === chosenTheme(), onchange: () => chooseTheme(name) }), word));
  const asked = kept("calls", {});
  const boxes = Object.entries(CALLS).map(([name, word]) => el("label", {},
    el("input", { type: "checkbox", name, checked: Boolean(asked[name]), onchange: (event) => change(/** @type {HTMLInputElement} */ (event.target)) }), word));

  /** @param {HTMLInputElement} box */
  async function change(box) {
    problem.hidden = true;
    try {
      await chooseCall(box);
      calls();
    } catch (error) {
      problem.textContent = `${/** @type {Error} */ (error).message} Allow them in the browser's settings for this address.`;
      problem.hidden = false;
    }
  }

  popup.querySelector(".link-popup")?.append(
    el("fieldset.settings", {}, el("legend", {}, "Theme"), ...themes),
    el("fieldset.settings", {}, el("legend", {}, "When a check-up ends or the link drops"), ...boxes), problem,
    el("div.link-buttons", {}, button("Go to … (Ctrl+K)", "search", close(palette), ".small"), button("Keys (?)", "list", close(keys), ".small")));
}
