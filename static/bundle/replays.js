// Bundles are opened by choosing or dropping a file, and closed.
import { call, PROGRAM } from "../js/api.js";
import { all, slot } from "../js/dom.js";
import { guarded } from "../js/notices.js";
import { fetched } from "./sending.js";

/** @param {Element} root */
export function mountReplays(root) {
  const form = slot(root, "form");
  const { file } = /** @type {Fields} */ (form.elements);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    guarded(event.submitter, async () => {
      const answer = await fetched(`${PROGRAM}replays`, new FormData(form));
      location.assign((await answer.json()).href);
    });
  });

  for (const name of ["dragover", "dragleave", "drop"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.toggleAttribute("data-over", name === "dragover");
    });
  }
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    file.files = event.dataTransfer.files;
    form.requestSubmit(form.querySelector("button"));
  });

  const closers = all(root, "[data-close]");
  for (const control of closers) {
    control.addEventListener("click", () => guarded(control, async () => {
      await call("POST", `replays/${encodeURIComponent(control.dataset.close ?? "")}/close`, {}, undefined, PROGRAM);
      control.closest("li")?.remove();
    }));
  }
}
