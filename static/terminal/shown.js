// Which terminal is shown on a page: the tabs choose it; keys, palette and tools work on it.

export class Shown {
  /** @type {import("./tab.js").Tab | null} */
  tab = null;

  /** Into its shell if that is there, else to what can be done about it. */
  focus() {
    if (this.tab?.facts.state === "open") this.tab.screen.term.focus();
    else this.tab?.over.querySelector("button")?.focus();
  }
}
