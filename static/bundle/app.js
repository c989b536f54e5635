// The page Bundle: make one and look through it before it is saved; open one as a board.
import { startFrame } from "../js/frame.js";
import { mountMaking } from "./making.js";
import { mountReplays } from "./replays.js";

startFrame();
for (const root of document.querySelectorAll("[data-bundle]")) mountMaking(root);
for (const root of document.querySelectorAll("[data-replays]")) mountReplays(root);
