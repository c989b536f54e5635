// The theme that a person chose, before anything is painted. Without a choice the system's counts. No module: it runs
// while the page is read. later/settings.js changes the choice.
(() => {
  let chosen = null;
  try {
    chosen = JSON.parse(localStorage.getItem("v3-theme") ?? "null");
  } catch { /* storage is off, or holds something else */ }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
