// The page Report: only the frame; its form works without scripts.
import { startFrame } from "../js/frame.js";

startFrame();
