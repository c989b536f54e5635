// The pages Boards and of one board. They are whole without scripts; this filters the list, and does what buttons say.
import { all } from "../js/dom.js";
import { startFrame } from "../js/frame.js";
import { mountBoard } from "./board.js";
import { mountKnown } from "./known.js";
import { mountList } from "./list.js";

startFrame();
for (const root of document.querySelectorAll("[data-boards]")) mountList(root);
for (const root of all(document, "[data-board]")) {
  mountBoard(root);
  mountKnown(root);
}
