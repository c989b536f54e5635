// What comes only when somebody asks for it: Ctrl+K (palette), ? (keys), what stands in the header's popup, the
// calls of a page that nobody looks at, and what a next step's commands get. Each is loaded when it is needed.
import { part, typing } from "./dom.js";
import { kept } from "./kept.js";
import { guarded } from "./notices.js";

/** @param {Root} root
 * @param {Board} board */
export function startLater(root, board) {
  const palette = () => guarded(null, async () => (await import("../later/palette.js")).openPalette(board));
  const keys = () => guarded(null, async () => (await import("../later/keys.js")).openKeys());
  const calls = () => guarded(null, async () => (await import("../later/calls.js")).startCalls(board));

  document.addEventListener("keydown", (event) => {
    const node = /** @type {HTMLElement} */ (event.target);
    if (event.defaultPrevented || event.altKey || node.closest(".xterm, dialog")) return; // a shell has Ctrl+K too
    const control = event.ctrlKey || event.metaKey;
    const asked = control && event.key.toLowerCase() === "k" ? palette
      : !control && event.key === "?" && !typing(node) ? keys : null;
    if (!asked) return;
    event.preventDefault();
    asked();
  });
  const popup = part(root, "link-facts");
  const settings = () => guarded(null, async () => (await import("../later/settings.js")).mountSettings(root, { palette, keys, calls }));
  if (popup.open) settings();
  else popup.addEventListener("toggle", settings, { once: true });
  if (kept("calls")) calls();
  let asked = false; // results stream in: to ask for a module again costs each time
  const steps = () => {
    if (asked) return;
    asked = true;
    import("../later/steps.js").then(({ watchSteps }) => watchSteps(), () => { asked = false; }); // a page works without
  };
  if (!board.diagnostics.size) steps(); // not the dashboard: its next steps come with results
  board.on("board", () => { if (board.results.size) steps(); });
}
