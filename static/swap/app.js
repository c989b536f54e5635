// The page Swap test: choose a fault and what changes places, do what it says, read the answer.
import { announce, BOOT, byId, slot } from "../js/dom.js";
import { showError } from "../js/notices.js";
import { call } from "../js/api.js";
import { inOrder } from "../js/order.js";
import { showChooser } from "./chooser.js";
import { showTest } from "./test.js";

const SETTLE_MS = 150;
const AGAIN_MS = 2000;
const CHANGES = ["swap-test", "hello", "reset", "connection", "run-finished", "checkup-finished", "bays"];

/** Bring the test under `root` to life. first: what the API says at the start.
 * @param {HTMLElement} root
 * @param {Api["SwapTests"]} first */
export function mount(root, first) {
  let timer = 0;
  let said = "";

  /** @param {Api["SwapTests"]} shown */
  const show = (shown) => {
    const running = shown.tests.find((test) => test.state !== "over");
    const newest = shown.tests.at(-1);
    const led = running ?? newest;
    showTest(slot(root, "test"), led, { swapped, end });
    showChooser(slot(root, "choose"), running ? [] : shown.faults, { begin, hidden: Boolean(running), folded: Boolean(newest) });
    tell(led);
  };
  /** What changed, once, for who does not see it.
   * @param {Api["SwapTest"] | undefined} test */
  const tell = (test) => {
    if (!test) return;
    const now = test.answer.text || test.objection?.text || (test.state === "swap" ? `Swap ${test.swaps + 1} of ${test.of}.` : "It reads.");
    if (now !== said) announce(now);
    said = now;
  };
  /** @param {string} path
   * @param {object} body */
  const ask = async (path, body) => {
    try {
      await call("POST", path, body);
    } catch (error) {
      showError(error);
    }
    await look();
  };
  /** @param {object} body */
  const begin = (body) => ask("swap-tests", body);
  /** @param {string} id */
  const swapped = (id) => ask(`swap-tests/${id}/swapped`, {});
  /** @param {string} id */
  const end = (id) => ask(`swap-tests/${id}/end`, {});
  /** @type {() => Promise<Api["SwapTests"] | undefined>} */
  const answer = inOrder(() => call("GET", "swap-tests"));
  const look = async () => {
    clearTimeout(timer);
    timer = 0;
    try {
      const tests = await answer();
      if (tests) show(tests);
    } catch {
      refresh(AGAIN_MS);
    }
  };
  const refresh = (after = SETTLE_MS) => {
    timer ||= window.setTimeout(look, after);
  };

  const stream = new EventSource("/api/v1/events");
  for (const kind of CHANGES) stream.addEventListener(kind, () => refresh());
  show(first);
  return () => stream.close();
}

mount(byId("ui-main"), BOOT.swap);
