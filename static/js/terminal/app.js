// Start of the page Terminal: shells on the device.
import { startFrame } from "../frame.js";

startFrame();
