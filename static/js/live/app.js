// Start of the page Live: puts the parts together. No logic of its own.
import { startFrame } from "../frame.js";
import { startCharts } from "./charts.js";
import { recordingEnded, resyncSoak, startSoak } from "./soak.js";
import { receive, resync } from "./store.js";
import { startTimeBar } from "./timebar.js";
import { startTools } from "./tools.js";
import { startWiggle, wanted } from "./wiggle.js";

startCharts();
startTools();
startTimeBar();
startWiggle();
startSoak();
startFrame({
  names: async () => wanted(),
  kinds: ["sample", "live", "marker", "recording"],
  receive: (kind, data) => (kind === "recording" ? recordingEnded(data) : receive(kind, data)),
  resync: () => { resync(); resyncSoak(); },
});
