// Start of the page: puts the parts together. No logic of its own.
import { mount } from "./mount.js";
import { letIn, startColumns } from "./columns.js";
import { addressOf, part } from "../js/dom.js";
import { startFrame } from "../js/frame.js";
import { startKeys } from "./keys.js";
import { guarded } from "../js/notices.js";
import { startPaper } from "./paper.js";
import { state } from "../js/state.js";

const root = document.body;
startColumns(part(root, "categories"));
const board = mount(root, state);
const main = part(root, "main");
state.on("loaded", () => {
  if (main.hasAttribute("data-restoring")) {
    main.removeAttribute("data-restoring");
    followHash(); // its rows have another height now
  }
  for (const name of ["checkup-cancel", "print", "save"]) {
    /** @type {HTMLButtonElement} */ (part(root, name)).disabled = false; // they need the results
  }
});
state.on("board", nameThePage);
startKeys(root, board, board);
startPaper(state);
part(root, "save").addEventListener("click", (event) => guarded(event.currentTarget, save));
part(root, "own-reload")?.addEventListener("click", (event) => guarded(event.currentTarget, state.api.reloadCatalogue));
part(root, "print").addEventListener("click", () => print());
addEventListener("hashchange", followHash);
state.refreshAll();
letIn(part(root, "categories"));
const drawn = root.querySelector("[data-row] > details[open] > summary"); // came with the page, in its place
if (drawn instanceof HTMLElement) drawn.focus({ preventScroll: true });
else followHash();
startFrame();

/** The row that the address names; reloaded, the page comes with its details. */
function followHash() {
  const row = new URLSearchParams(`row=${location.hash.slice(1)}`).get("row") ?? "";
  if (board.show(row)) history.replaceState(null, "", addressOf(row));
}

/** The file's maker comes when it is needed. */
async function save() {
  const { saveFile } = await import("./save.js");
  await saveFile(state, board);
}

/** The headline is the page's title, so that a tab in the background tells it. */
function nameThePage() {
  const { code, title } = state.headline;
  const parts = [code === "none" ? "" : title, state.currentDevice(), "V3 Diagnostics"];
  const name = parts.filter(Boolean).join(" · ");
  if (document.title !== name) document.title = name; // the browser's own window is told each time
}
