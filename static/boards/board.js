// One board's page: its newest check-ups in sight, and the golden one.
import { call } from "../js/api.js";
import { slot } from "../js/dom.js";
import { guarded } from "../js/notices.js";

/** @param {Element} root */
export function mountBoard(root) {
  const line = slot(root, "line");
  if (line) line.scrollLeft = line.scrollWidth;
  line?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  const controls = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-golden]"));
  for (const control of controls) {
    control.addEventListener("click", () => guarded(control, async () => {
      await call("POST", `checkups/${encodeURIComponent(control.dataset.golden ?? "")}/golden`, { golden: control.dataset.on === "no" });
      location.reload();
    }));
  }
}
