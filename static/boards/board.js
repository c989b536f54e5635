// One board's page: its newest check-ups in sight, and the golden one.
import { BASE, call } from "../js/api.js";
import { all, slot } from "../js/dom.js";
import { plural } from "../js/format.js";
import { guarded, notify } from "../js/notices.js";

/** @param {HTMLElement} root */
export function mountBoard(root) {
  const line = slot(root, "line");
  if (line) line.scrollLeft = line.scrollWidth;
  line?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  const controls = all(root, "[data-golden]");
  for (const control of controls) {
    control.addEventListener("click", () => guarded(control, async () => {
      await call("POST", `checkups/${encodeURIComponent(control.dataset.golden ?? "")}/golden`, { golden: control.dataset.on === "no" });
      location.reload();
    }));
  }
  const manifests = all(root, "[data-manifest]");
  for (const control of manifests) {
    control.addEventListener("click", () => guarded(control, async () => {
      /** @type {Api["Manifest"]} */
      const learned = await call("POST", `devices/${encodeURIComponent(control.dataset.manifest ?? "")}/manifest`, {});
      const open = learned.parts.filter((part) => part.seen < part.looked).length;
      notify("ok", `Learned: ${plural(learned.parts.length - open, "part")} of this kind of board.`,
        `They are in profiles/${learned.file}. ${open ? `${open} were absent now and then and wait for your decision there.` : ""}`);
    }));
  }
  mountNotes(root, `devices/${encodeURIComponent(root.dataset.board ?? "")}`);
}

/** Work orders, notes and photos: what a form sends, and the page with it.
 * @param {Element} root
 * @param {string} device where the API has this board */
function mountNotes(root, device) {
  /** @param {EventTarget | null} control
   * @param {() => Promise<unknown>} action */
  const send = (control, action) => guarded(control, async () => {
    await action();
    location.reload();
  });
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (root.querySelectorAll("form[data-form]"))) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = new FormData(form);
      send(form.querySelector("button"), () => (form.dataset.form === "cases" ? open(given) : keep(given, form.dataset.case)));
    });
  }
  for (const control of all(root, "[data-close]")) {
    control.addEventListener("click", () => send(control, () => call("POST", `cases/${control.dataset.close}/close`, {})));
  }
  /** @param {FormData} given */
  const open = (given) => call("POST", `${device}/cases`, { work_order: given.get("work_order"), technician: given.get("technician") });
  /** @param {FormData} given
   * @param {string | undefined} its */
  const keep = (given, its) => {
    const [photo, text] = [given.get("photo"), given.get("text")];
    if (photo instanceof Blob && photo.size) return upload(`${device}/photos?${new URLSearchParams({ text: String(text), ...(its ? { case: its } : {}) })}`, photo);
    return call("POST", `${device}/notes`, { text, ...(its ? { case: its } : {}) });
  };
}

/** @param {string} path
 * @param {Blob} file */
async function upload(path, file) {
  const response = await fetch(`${BASE}${path}`, { method: "POST", headers: { Accept: "application/json" }, body: file });
  if (response.ok) return;
  const told = await response.json().catch(() => ({}));
  throw Object.assign(new Error(told.detail ?? "The photo was not taken."), { hint: told.hint ?? "" });
}
