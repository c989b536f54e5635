// Paint first: the page says all it has to say before any script, so they come after it. But where the address
// names a row, it is opened first (app.js), and nothing is seen that would jump then (../first.js).
const root = document.documentElement;
root.dataset.late = ""; // until then ../first.js keeps clicks

async function start() {
  await import("./app.js");
  document.dispatchEvent(new Event("v3-late-scripts"));
}

const row = document.getElementById(decodeURIComponent(location.hash.slice(1)))?.matches("[data-row]");
if (!row) delete root.dataset.hash;
const waits = document.querySelector('link[rel="modulepreload"]'); // for its scripts, which bring the results
if (document.hidden || row || waits) start();
else requestAnimationFrame(() => setTimeout(start));
