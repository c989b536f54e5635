// Paint first: without results the page says all it has to say before any script, so they come after it.
// A click on a button whose script is not there yet waits for it.
/** @type {HTMLButtonElement[]} */
const early = [];
/** @param {MouseEvent} event */
const keep = (event) => {
  const pressed = event.target instanceof Element ? event.target.closest("button") : null;
  if (pressed) early.push(pressed);
};

async function start() {
  await import("./app.js");
  document.removeEventListener("click", keep);
  for (const pressed of early) pressed.click();
}

document.addEventListener("click", keep);
const results = document.querySelector('link[rel="modulepreload"]'); // then the page waits for its scripts
if (document.hidden || results) start();
else requestAnimationFrame(() => setTimeout(start));
