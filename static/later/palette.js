// The palette: type a few letters and go to a page, a diagnostic or a board; Ctrl+K. Favourites come first. A combobox
// with a listbox: the arrows choose, Enter goes, the field keeps the focus.
import { call, PROGRAM } from "../js/api.js";
import { addressOf, button, el, icon, part, setContent, setText } from "../js/dom.js";
import { keep, kept } from "../js/kept.js";
import { guarded } from "../js/notices.js";
import { openDialog } from "./dialog.js";
import { openExpected } from "./expected.js";
import { openKeys } from "./keys.js";
import { ranked } from "./match.js";
import { chooseTheme } from "./settings.js";

const MOST = 60;

/** What can be chosen. words: what is searched besides the title.
 * @typedef {{id: string, group: string, title: string, words: string, icon: string, go: () => unknown,
 *   diagnostic?: string}} Choice */

/** @returns {Set<string>} */
const favourites = () => new Set(kept("favourites", []));

/** @returns {Choice[]} */
function pages() {
  return [...document.querySelectorAll(".places a")].map((link) => ({
    id: link.getAttribute("href") ?? "", group: "Pages", title: link.querySelector("span")?.textContent ?? "", words: "page",
    icon: link.querySelector("use")?.getAttribute("href")?.replace("#icon-", "") ?? "link",
    go: () => location.assign(link.getAttribute("href") ?? "/"),
  }));
}

/** The diagnostics that the page has, else those of the program.
 * @param {Board} state
 * @returns {Promise<Choice[]>} */
async function diagnostics(state) {
  const known = [...state.diagnostics.values()];
  const all = known.length ? known : /** @type {Api["Diagnostics"]} */ (await call("GET", "diagnostics")).diagnostics;
  const pinned = favourites();
  return all.map((item) => ({
    id: item.id, group: pinned.has(item.id) ? "Favourites" : "Diagnostics", title: item.title, diagnostic: item.id,
    words: `${item.id} ${item.category}`, icon: pinned.has(item.id) ? "flag" : item.category,
    go: () => goTo(item.id, known.length > 0),
  }));
}

/** @param {string} id
 * @param {boolean} here */
function goTo(id, here) {
  const address = `#${encodeURIComponent(id)}`;
  if (!here) return location.assign(`${document.querySelector(".places a")?.getAttribute("href") ?? "/"}${addressOf(id)}`);
  if (location.hash === address) dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = address;
}

/** @returns {Promise<Choice[]>} */
async function boards() {
  /** @type {Api["Devices"]} */
  const { devices } = await call("GET", "devices", undefined, 20000, PROGRAM);
  return devices.map((each) => ({
    id: each.device_id, group: "Boards", title: each.label, words: `board ${each.serial} ${each.model} ${each.hostname}`, icon: "board",
    go: () => location.assign(`/boards/${encodeURIComponent(each.device_id)}`),
  }));
}

/** @param {Board} state
 * @returns {Choice[]} */
function actions(state) {
  const able = !state.readOnly && state.online && !state.held();
  const worst = state.ownResults().filter(({ verdict }) => ["fail", "warn", "unknown"].includes(verdict)).map(({ diagnostic }) => diagnostic);
  const run = Object.entries({
    "Run my favourites": [...favourites()].filter((id) => state.diagnostics.has(id)),
    "Run again what needs attention": worst.filter((id) => state.diagnostics.get(id)?.active === false),
  }).filter(([, ids]) => able && ids.length)
    .map(([title, ids]) => ({ title: `${title} (${ids.length})`, icon: "run", go: () => state.api.startCheckup(ids) }));
  const themes = /** @type {const} */ (["light", "dark", "system"]).map((name) => ({
    title: `Theme: ${name}`, icon: "closer", go: () => chooseTheme(name),
  }));
  const expected = { title: "What this board should have", icon: "board", go: () => openExpected(state) };
  const explain = { title: "Explain the connection", icon: "link", go: () => part(document.body, "explain").click() };
  return [...run, ...(state.readOnly ? [] : [expected, explain]), ...themes, { title: "Keys", icon: "list", go: openKeys }].map((each) => ({
    ...each, id: each.title, group: "Actions", words: "action",
  }));
}

/** Everything, favourites first. What the program does not tell now is left out.
 * @param {Board} state
 * @returns {Promise<Choice[]>} */
async function choices(state) {
  const parts = await Promise.allSettled([diagnostics(state), boards()]);
  const [tests, known] = parts.map((part) => (part.status === "fulfilled" ? part.value : []));
  return [...tests.filter(({ group }) => group === "Favourites"), ...pages(), ...actions(state), ...known,
    ...tests.filter(({ group }) => group !== "Favourites")];
}

/** @param {Board} state */
export async function openPalette(state) {
  let all = await choices(state);
  /** @type {Choice[]} */
  let shown = [];
  let at = 0;
  const field = el("input", { type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "ui-palette-list",
    "aria-autocomplete": "list", "aria-label": "Go to a page, a diagnostic or a board", placeholder: "Page, diagnostic or board",
    autocomplete: "off", spellcheck: "false" });
  const list = el("ul", { role: "listbox", id: "ui-palette-list", "aria-label": "Choices" });
  const none = el("p.hint", { role: "status" });
  const pin = button("Add to favourites", "flag", () => pinOrNot(), ".small.quiet");
  const box = await openDialog("Go to", [field, list, none, el("div.palette-foot", {}, pin,
    el("span", {}, el("kbd", {}, "↑"), " ", el("kbd", {}, "↓"), " choose, ", el("kbd", {}, "Enter"), " go"))], ".palette");

  function draw() {
    shown = ranked(all, field.value).slice(0, MOST);
    at = Math.min(at, Math.max(0, shown.length - 1));
    const groups = [...new Set(shown.map(({ group }) => group))];
    setContent(list, groups.map((group) => el("li", { role: "presentation" },
      el("p.palette-group", { "aria-hidden": "true" }, group),
      el("ul", { role: "group", "aria-label": group }, ...shown.map((each, index) => (each.group === group ? option(each, index) : null))))));
    setText(none, shown.length ? "" : "Nothing has these words in its name.");
    mark();
  }

  /** @param {Choice} each
   * @param {number} index */
  function option(each, index) {
    return el("li", { role: "option", id: `ui-choice-${index}`, onclick: () => choose(each), onmousemove: () => { if (at !== index) { at = index; mark(); } } },
      icon(each.icon), el("span", {}, each.title));
  }

  function mark() {
    for (const node of list.querySelectorAll('[role="option"]')) node.setAttribute("aria-selected", String(node.id === `ui-choice-${at}`));
    const chosen = list.querySelector(`#ui-choice-${at}`);
    field.setAttribute("aria-activedescendant", chosen?.id ?? "");
    chosen?.scrollIntoView({ block: "nearest" });
    pin.hidden = !shown[at]?.diagnostic;
    setText(pin.querySelector("span"), favourites().has(shown[at]?.diagnostic ?? "") ? "Remove from favourites" : "Add to favourites");
  }

  /** @param {Choice} each */
  function choose(each) {
    box.close();
    guarded(null, async () => each.go());
  }

  async function pinOrNot() {
    const id = shown[at]?.diagnostic;
    if (!id) return;
    const pinned = favourites();
    if (!pinned.delete(id)) pinned.add(id);
    keep("favourites", pinned.size ? [...pinned] : null);
    all = await choices(state);
    draw();
    at = shown.findIndex(({ diagnostic }) => diagnostic === id);
    mark();
    field.focus();
  }

  /** @type {Record<string, () => void>} */
  const KEYS = {
    ArrowDown: () => { at = (at + 1) % shown.length; },
    ArrowUp: () => { at = (at + shown.length - 1) % shown.length; },
    Home: () => { at = 0; },
    End: () => { at = shown.length - 1; },
  };
  field.addEventListener("input", () => { at = 0; draw(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) {
      event.preventDefault(); // a browser would empty the field first
      return box.close();
    }
    if (event.isComposing || !shown.length) return;
    if (event.key === "Enter") { event.preventDefault(); return choose(shown[at]); }
    const move = ["Home", "End"].includes(event.key) && field.value ? null : KEYS[event.key];
    if (!move) return;
    event.preventDefault();
    move();
    mark();
  });
  draw();
  field.focus();
}
