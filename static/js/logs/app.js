// Start of the page Logs: puts the parts together. No logic of its own.
import { startTool } from "../tool.js";

startTool();
