// The page Terminal where it is switched off: only the frame.
import { startFrame } from "../js/frame.js";

startFrame();
