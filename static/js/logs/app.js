// Start of the page Logs: as they grow.
import { startFrame } from "../frame.js";

startFrame();
