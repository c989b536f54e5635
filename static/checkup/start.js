// Paint first: without results the page says all it has to say before any script, so they come after it.
document.documentElement.dataset.late = ""; // until then ../first.js keeps clicks

async function start() {
  await import("./app.js");
  document.dispatchEvent(new Event("v3-late-scripts"));
}

const results = document.querySelector('link[rel="modulepreload"]'); // then the page waits for its scripts
if (document.hidden || results) start();
else requestAnimationFrame(() => setTimeout(start));
