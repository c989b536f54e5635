// A command that another of our pages sent here: typed at the prompt of a new terminal, never with Enter. What runs in
// the terminals that are open gets none of it.
import { guarded } from "../js/notices.js";
import { safePaste } from "./guard.js";

const PROMPT_MS = 2000; // a shell that says nothing is typed to all the same

/** Only pages of this address can put it there, and it is typed once.
 * @param {() => Promise<import("./tab.js").Tab>} open opens a terminal and answers its tab */
export function typeWhatWasSent(open) {
  const sent = sessionStorage.getItem("v3-type");
  sessionStorage.removeItem("v3-type");
  const text = safePaste(sent ?? "").replace(/\s+/g, " ").trim();
  if (!text) return;
  guarded(null, async () => {
    const { screen } = await open();
    await new Promise((done) => {
      screen.term.onWriteParsed(done);
      setTimeout(done, PROMPT_MS);
    });
    screen.term.input(text, true);
    screen.term.focus();
  });
}
