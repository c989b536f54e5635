// Paint first: the page says all it has to say before any script, so they come after it.
document.documentElement.dataset.late = ""; // until then ../first.js keeps clicks

async function start() {
  await import("./app.js");
  document.dispatchEvent(new Event("v3-late-scripts"));
}

const waits = document.querySelector('link[rel="modulepreload"]'); // for its scripts, which bring the results
if (document.hidden || waits) start();
else requestAnimationFrame(() => setTimeout(start));
