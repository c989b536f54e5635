// What people call a board, and that it is to be forgotten: on its own page.
import { call } from "../js/api.js";
import { slot } from "../js/dom.js";
import { guarded } from "../js/notices.js";

/** @param {HTMLElement} root */
export function mountKnown(root) {
  const device = `devices/${encodeURIComponent(root.dataset.board ?? "")}`;
  slot(root, "nickname")?.addEventListener("submit", (event) => {
    event.preventDefault();
    guarded(event.submitter, async () => {
      await call("POST", `${device}/nickname`, { nickname: /** @type {Fields} */ (slot(root, "nickname").elements).nickname.value });
      location.reload();
    });
  });
  slot(root, "forget")?.addEventListener("click", (event) => guarded(event.currentTarget, async () => {
    await call("POST", `${device}/forget`, {});
    location.assign("/boards");
  }));
}
