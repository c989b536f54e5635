// Start of the page: puts the parts together. No logic of its own.
import { mount } from "./mount.js";
import { letIn, startColumns } from "./columns.js";
import { part } from "../js/dom.js";
import { startFrame } from "../js/frame.js";
import { startKeys } from "./keys.js";
import { guarded } from "../js/notices.js";
import { startPaper } from "./paper.js";
import { state } from "../js/state.js";

const root = document.body;
startColumns(part(root, "categories"));
const board = mount(root, state);
state.on("loaded", () => {
  part(root, "main").removeAttribute("data-restoring");
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
const followHash = () => board.show(decodeURIComponent(location.hash.slice(1)));
addEventListener("hashchange", followHash);
state.refreshAll();
letIn(part(root, "categories"));
followHash();
if (state.told) showPage();
else state.on("loaded", showPage);
startFrame();

/** The row that the address names is open: all may be seen when it stands (start.js). */
function showPage() {
  if (!("hash" in document.documentElement.dataset)) return;
  board.drawRows();
  followHash();
  let frames = 4; // it was laid out with all rows for two of them (layOutAll)
  const wait = () => {
    if (frames--) requestAnimationFrame(wait);
    else delete document.documentElement.dataset.hash;
  };
  wait();
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
