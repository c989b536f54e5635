// What must be there before anything is painted. No module: it runs while the page is read.
(() => {
  const { dataset } = document.documentElement;

  // The program draws the row that the address names. It hears nothing of what stands behind a "#".
  const asked = new URLSearchParams(location.search);
  const named = new URLSearchParams(`row=${location.hash.slice(1)}`).get("row");
  if ("draws" in dataset && named && !/^(ui|cat)-/.test(named) && asked.get("row") !== named) {
    asked.set("row", named);
    location.replace(`?${asked}${location.hash}`);
  }

  // A click on a button whose script is not there yet waits for it; a form's own button would load the page anew.
  /** @type {HTMLButtonElement[]} */
  const early = [];
  /** @param {MouseEvent} event */
  const keep = (event) => {
    const pressed = event.target instanceof Element ? event.target.closest("button") : null;
    if (!pressed) return;
    event.preventDefault();
    early.push(pressed);
  };
  const release = () => {
    document.removeEventListener("click", keep, true);
    for (const pressed of early) pressed.click();
  };
  document.addEventListener("click", keep, true);
  document.addEventListener("DOMContentLoaded", () => "late" in dataset || release());
  document.addEventListener("v3-late-scripts", release);
})();
