// The page Terminal where it is switched off: only the frame.
import { startFrame } from "../frame.js";

startFrame();
