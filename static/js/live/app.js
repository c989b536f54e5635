// Start of the page Live: puts the parts together. No logic of its own.
import { startFrame } from "../frame.js";
import { startCharts } from "./charts.js";
import { receive, resync } from "./store.js";
import { startTools } from "./tools.js";

startCharts();
startTools();
startFrame({ names: ["live"], kinds: ["sample", "live", "marker"], receive, resync });
