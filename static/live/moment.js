// ?at=TIME, as a finding's link has it: the charts open at that moment and mark it, if the laptop sampled then.
import { notify } from "../js/notices.js";

const AROUND_S = 60;

/** @param {{store: import("./store.js").Store, view: import("./view.js").View}} board */
export function startAtMoment({ store, view }) {
  const at = Date.parse(new URLSearchParams(location.search).get("at") ?? "") / 1000;
  if (Number.isNaN(at)) return;
  let looked = false;
  store.on("samples", () => {
    if (looked) return;
    looked = true;
    view.moment = at;
    const [first, newest] = view.kept();
    if (at >= first - AROUND_S && at <= newest) return view.zoom(at - AROUND_S, at + AROUND_S);
    notify("warn", `No samples of ${new Date(at * 1000).toLocaleTimeString([], { hour12: false })}.`,
      "This laptop samples while the page Live is open or a recording runs. Logs has the lines of that time.");
  });
}
