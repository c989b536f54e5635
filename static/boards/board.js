// One board's page: its newest check-ups in sight, and the golden one.
import { call } from "../js/api.js";
import { slot } from "../js/dom.js";
import { guarded, notify } from "../js/notices.js";

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
  const manifests = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-manifest]"));
  for (const control of manifests) {
    control.addEventListener("click", () => guarded(control, async () => {
      const learned = await call("POST", `devices/${encodeURIComponent(control.dataset.manifest ?? "")}/manifest`, {});
      const open = learned.parts.filter((part) => part.seen < part.looked).length;
      notify("ok", `Learned: ${learned.parts.length - open} parts of this kind of board.`,
        `They are in profiles/${learned.file}. ${open ? `${open} were absent now and then and wait for your decision there.` : ""}`);
    }));
  }
}
