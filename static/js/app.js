// Start of the page: puts the parts together. No logic of its own.
import { byId, el, icon, setContent } from "./dom.js";
import { api } from "./api.js";
import { startBoard } from "./board.js";
import { startColumns } from "./columns.js";
import { clearFilter, startFilter } from "./filter.js";
import { startKeys } from "./keys.js";
import { startLadder } from "./ladder.js";
import { startLink } from "./link.js";
import { guarded } from "./notices.js";
import { startPanels } from "./panels.js";
import { reveal, rowOf, startRows } from "./rows.js";
import { saveFile } from "./save.js";
import { on, refreshAll } from "./state.js";
import { startStream } from "./stream.js";

const TROUBLE = {
  stopped: ["The program on this laptop does not answer.",
    "What you see is as it was. Start it again (python app.py); this page connects by itself."],
  full: ["The live view of this page is interrupted.",
    "Too many pages may be open: close some of them. This page tries again by itself."],
};

function showTrouble(kind) {
  const box = byId("ui-stream");
  if ((box.dataset.kind ?? "") === kind) return;
  box.dataset.kind = kind;
  box.hidden = !kind;
  if (!kind) return;
  const [title, text] = TROUBLE[kind];
  setContent(box, icon("unlink"), el("div.banner-text", {}, el("strong", {}, title), " ", text));
}

function followHash() {
  const id = decodeURIComponent(location.hash.slice(1));
  const row = id ? rowOf(id) : null;
  if (!row?.dataset.row) return;
  if (row.hidden) clearFilter();
  reveal(id);
}

startColumns(byId("ui-categories"));
on("loaded", () => byId("ui-main").removeAttribute("data-restoring"));
startLink();
startPanels();
startLadder();
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
  const link = event.target.closest?.('a[href^="#"]');
  if (link && link.hash === location.hash) followHash();
});
refreshAll();
followHash();
startStream(showTrouble);
