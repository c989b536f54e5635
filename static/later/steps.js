// A next step that names commands: each can be copied, and typed into the board's terminal, where a person
// presses Enter.
import { all, button, el } from "../js/dom.js";
import { copyText } from "../js/copy.js";
import { pieces } from "./commands.js";

const STEPS = ".step:not([data-steps])";
/** Advice about the connection may be meant for the laptop: its commands are copied only. */
const OF_THE_LAPTOP = ".rung, .banner, .panel";

/** Other sites cannot fill what a tab keeps: nobody but this page has anything typed.
 * @param {string} command
 * @param {HTMLAnchorElement} terminal */
function typeIt(command, terminal) {
  sessionStorage.setItem("v3-type", command);
  location.assign(terminal.href);
}

/** @param {string} command
 * @param {Element} step */
function tools(command, step) {
  /** @type {HTMLAnchorElement | null} */
  const terminal = document.querySelector('.places a[href$="/terminal"]:not(:has(.tag))');
  const more = terminal && !step.closest(OF_THE_LAPTOP)
    ? button("", "terminal", () => typeIt(command, terminal), ".quiet.command-tool",
      { "aria-label": `Type into the terminal: ${command}`, title: "Type it into the terminal; you press Enter" }) : null;
  return [button("", "copy", (event) => copyText(command, "Command", event.currentTarget), ".quiet.command-tool",
    { "aria-label": `Copy ${command}`, title: "Copy" }), more];
}

/** @param {HTMLElement} step */
function dress(step) {
  step.dataset.steps = "";
  const texts = document.createTreeWalker(step, NodeFilter.SHOW_TEXT);
  /** @type {Text[]} */
  const found = [];
  while (texts.nextNode()) found.push(/** @type {Text} */ (texts.currentNode));
  for (const node of found) {
    const parts = pieces(node.data);
    if (!parts.some(({ command }) => command)) continue;
    node.replaceWith(...parts.map(({ text, command }) => (command
      ? el("span.command", {}, el("code", {}, text), el("span.command-tools", { "data-live": true }, ...tools(text, step))) : text)));
  }
}

let watching = false;
/** Those that are here, and those that come. */
export function watchSteps() {
  if (watching) return;
  watching = true;
  /** @param {ParentNode} root */
  const dressAll = (root) => all(root, STEPS).forEach(dress);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (!(node instanceof HTMLElement)) continue;
        if (node.matches(STEPS)) dress(node);
        else dressAll(node);
      }
    }
  }).observe(document.body, { childList: true, subtree: true });
  dressAll(document);
}
