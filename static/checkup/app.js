// Start of the page: puts the parts together. No logic of its own.
import { byId } from "../js/dom.js";
import { api } from "../js/api.js";
import { startBoard } from "./board.js";
import { letIn, startColumns } from "./columns.js";
import { clearFilter, startFilter } from "./filter.js";
import { startFrame } from "../js/frame.js";
import { startKeys } from "./keys.js";
import { guarded } from "../js/notices.js";
import { reveal, rowOf, startRows } from "./rows.js";
import { saveFile } from "./save.js";
import { on, refreshAll } from "../js/state.js";

function followHash() {
  const id = decodeURIComponent(location.hash.slice(1));
  const row = id ? rowOf(id) : null;
  if (!row?.dataset.row) return;
  if (row.hidden) clearFilter();
  reveal(id);
}

startColumns(byId("ui-categories"));
on("loaded", () => byId("ui-main").removeAttribute("data-restoring"));
startRows();
startBoard();
startFilter();
startKeys();
byId("ui-save").addEventListener("click", (event) => guarded(event.currentTarget, saveFile));
byId("ui-own-reload").addEventListener("click", (event) => guarded(event.currentTarget, api.reloadCatalogue));
byId("ui-print").addEventListener("click", () => print());
addEventListener("hashchange", followHash);
// A link to the result that is shown already changes no hash, but is to be followed too.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
  if (link instanceof HTMLAnchorElement && link.hash === location.hash) followHash();
});
refreshAll();
letIn(byId("ui-categories"));
followHash();
startFrame();
