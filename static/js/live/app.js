// Start of the page Live: puts the parts together. No logic of its own.
import { startTool } from "../tool.js";

startTool();
