// Paint first: without results the page says all it has to say before any script, so they come after it.
const start = () => import("./app.js");

if (document.hidden) start(); // nothing is painted now
else requestAnimationFrame(() => setTimeout(start));
