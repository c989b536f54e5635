// Start of the page Live: charts and counters of what the device measures.
import { startFrame } from "../frame.js";

startFrame();
