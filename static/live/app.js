// Start of the page Live: puts the parts together. No logic of its own.
import { startFrame } from "../js/frame.js";
import { startCharts } from "./charts.js";
import { recordingEnded, resyncSoak, startSoak } from "./soak.js";
import { receive, resync } from "./store.js";
import { startTimeBar } from "./timebar.js";
import { startTools } from "./tools.js";
import { receiveWiggle, resyncWiggle, startWiggle, wanted } from "./wiggle.js";

const RECEIVED = { recording: recordingEnded, wiggle: receiveWiggle };

startCharts();
startTools();
startTimeBar();
startWiggle();
startSoak();
startFrame({
  names: async () => wanted(),
  kinds: ["sample", "live", "marker", "recording", "wiggle"],
  receive: (kind, data) => (RECEIVED[kind] ? RECEIVED[kind](data) : receive(kind, data)),
  resync: () => {
    resync();
    resyncSoak();
    resyncWiggle();
  },
});
