// The catalogue's commands, to be typed into the shell: never with Enter, that is the person's.
import { el, part, setContent, setText, slot } from "../js/dom.js";
import { plural } from "../js/format.js";
import { guarded } from "../js/notices.js";
import { safePaste } from "./guard.js";

/** A command to choose; typed: what goes into the shell.
 * @typedef {{id: string, title: string, command: string, typed: string, words: string, tags: string[]}} Item */

/** As the diagnostics run it: neither an exit of its own nor its variables reach the person's shell.
 * @param {string} command */
function inSubshell(command) {
  if (command.includes("\n")) return `(\n${command}\n)`;
  return /\bexit\b/.test(command) ? `( ${command} )` : command;
}

/** The palette of one page.
 * @param {ParentNode} root
 * @param {import("./shown.js").Shown} shown
 * @param {import("./calls.js").Calls} calls */
export function mountPalette(root, shown, calls) {
  /** @type {Item[]} */
  let items = [];
  /** @type {Item[]} */
  let found = [];
  let at = 0;
  const box = part(root, "palette");
  const field = /** @type {HTMLInputElement} */ (box.querySelector("input"));
  const list = slot(box, "list");

  function open() {
    if (box.open || shown.tab?.facts.state !== "open") return;
    field.value = "";
    box.showModal();
    field.focus();
    guarded(null, load);
  }

  async function load() {
    if (!items.length) {
      items = (await calls.diagnostics()).diagnostics.map(({ id, title, category, command, root, active, effect }) => ({
        id, title, command: safePaste(command).trim(), typed: inSubshell(safePaste(command).trim()),
        words: `${id} ${title} ${category} ${command}`.toLowerCase(),
        tags: [root ? "root" : "", active ? "active" : "", effect !== "read" && !active ? "changes something" : ""].filter(Boolean),
      }));
    }
    search();
  }

  /** Several lines need a shell that takes a paste as one piece; otherwise each would be run at once.
   * @param {Item} item */
  const offered = (item) => !/[\n\t]/.test(item.command) || shown.tab?.screen.term.modes.bracketedPasteMode === true;

  function search() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = items.filter((item) => words.every((word) => item.words.includes(word)));
    at = found.findIndex(offered);
    setText(slot(box, "count"), found.length ? `${plural(found.length, "command")}.` : "No command has all of these words.");
    setContent(list, found.map(option));
    mark();
  }

  /** @param {Item} item
   * @param {number} index */
  function option(item, index) {
    const able = offered(item);
    return el("li.term-command", { role: "option", id: `${list.id}-${index}`, "data-at": index, "aria-selected": "false", "aria-disabled": !able && "true" },
      el("span.term-command-title", {}, item.title, item.tags.map((tag) => el("span.tag", {}, tag))),
      el("code", {}, item.command.split("\n", 1)[0]),
      item.command.includes("\n") ? el("span.term-command-more", {}, able ? plural(item.command.split("\n").length, "line")
        : "several lines: this shell takes no bracketed paste") : null);
  }

  function mark() {
    [...list.children].forEach((node, index) => node.setAttribute("aria-selected", String(index === at)));
    field.setAttribute("aria-activedescendant", at < 0 ? "" : `${list.id}-${at}`);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  function keys(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      event.preventDefault(); // a browser would empty the field first
      box.close();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (found[at]) choose(found[at]);
    } else if (by && found.length) {
      event.preventDefault();
      for (let step = 1; step <= found.length; step += 1) {
        const next = (at + by * step + found.length * step) % found.length;
        if (offered(found[next])) {
          at = next;
          break;
        }
      }
      mark();
    }
  }

  /** @param {Item} item */
  function choose(item) {
    const { tab } = shown;
    if (!tab || !offered(item)) return;
    box.close();
    if (/[\n\t]/.test(item.typed)) tab.screen.term.paste(item.typed);
    else tab.screen.term.input(item.typed, true);
    tab.screen.term.focus();
  }

  part(root, "commands").addEventListener("click", open);
  slot(box, "close").addEventListener("click", () => box.close());
  field.addEventListener("input", search);
  field.addEventListener("keydown", keys);
  list.addEventListener("mousemove", (event) => {
    const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[role=option]"));
    const place = Number(row?.dataset.at ?? at);
    if (place === at || !offered(found[place])) return;
    at = place;
    mark();
  });
  list.addEventListener("click", (event) => {
    const option = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[role=option]"));
    if (option) choose(found[Number(option.dataset.at)]);
  });
  return { open };
}
