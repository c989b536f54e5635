// A bundle is prepared, looked through, saved or dropped. Nothing is saved before somebody has seen what it holds.
import { call, PROGRAM } from "../js/api.js";
import { el, setContent, setText, slot, WORDS } from "../js/dom.js";
import { saveAs } from "../js/file.js";
import { plural } from "../js/format.js";
import { guarded, notify } from "../js/notices.js";
import { fetched } from "./sending.js";

const MOST_SHOWN = 1000;
const PREPARE_MS = 120000;

/** @typedef {Api["Bundle"]["replacements"][number]} Place */
/** @typedef {Api["Bundle"]["questions"][number]} Question */

/** @param {Element} root */
export function mountMaking(root) {
  /** @type {Api["Bundle"] | null} */
  let prepared = null;
  const form = slot(root, "form");
  const preview = slot(root, "preview");

  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    guarded(event.submitter, async () => {
      const { device } = /** @type {Fields} */ (form.elements);
      /** @type {Api["Bundle"]} */
      const made = await call("POST", "bundles", { device: device.value }, PREPARE_MS, PROGRAM);
      prepared = made;
      show(root, made);
      preview.hidden = false;
      slot(root, "sum").focus();
    });
  });

  slot(root, "save").addEventListener("submit", (event) => {
    event.preventDefault();
    guarded(event.submitter, async () => {
      const chosen = /** @type {NodeListOf<HTMLInputElement>} */ (root.querySelectorAll("[name=keep]:checked"));
      const passphrase = /** @type {Fields} */ (slot(root, "save").elements).passphrase.value;
      const body = { keep: [...chosen].map((box) => box.value), ...(passphrase ? { passphrase } : {}) };
      const answer = await fetched(`${PROGRAM}bundles/${encodeURIComponent(prepared?.bundle ?? "")}/save`, JSON.stringify(body), "application/json");
      save(await answer.blob(), answer.headers.get("Content-Disposition") ?? "");
    });
  });

  slot(root, "cancel").addEventListener("click", (event) => guarded(event.currentTarget, async () => {
    await call("POST", `bundles/${encodeURIComponent(prepared?.bundle ?? "")}/cancel`, {}, undefined, PROGRAM);
    preview.hidden = true;
    form.querySelector("button")?.focus();
  }));
}

/** @param {Element} root
 * @param {Api["Bundle"]} prepared */
function show(root, prepared) {
  const checkups = `${prepared.checkups.length} check-up${prepared.checkups.length === 1 ? "" : "s"}`;
  setText(slot(root, "sum"), `${prepared.device}: about ${size(prepared.bytes)}, ${checkups}, ${plural(prepared.files, "file")}`);
  setContent(slot(root, "left-out"), prepared.left_out.map((each) => el("li", {}, `${WORDS.left_out}: ${each.what}. ${each.why}`)));
  const { questions, replacements } = prepared;
  slot(root, "asks").hidden = !questions.length;
  setText(slot(root, "asks-title"), `${questions.length} to decide on`);
  setContent(slot(root, "questions"), questions.map(question));
  setText(slot(root, "places-title"), `${plural(replacements.length, "place is", "places are")} replaced: file, line and rule`);
  setContent(slot(root, "places"), replacements.slice(0, MOST_SHOWN).map(place));
  const more = slot(root, "places-more");
  more.hidden = replacements.length <= MOST_SHOWN;
  setText(more, `The first ${MOST_SHOWN} are shown; bundle.json lists all of them.`);
}

/** @param {Question} each */
function question(each) {
  const box = el("input", { type: "checkbox", name: "keep", value: each.id });
  const where = `${each.rule}, ${each.file}:${each.line}${each.count > 1 ? ` and ${each.count - 1} more` : ""}`;
  const seen = each.href ? el("a", { href: each.href, target: "_blank", rel: "noopener" }, el("img", { src: each.href, alt: `Photo: ${each.text}`, loading: "lazy" })) : "";
  return el("li", {}, el("label.bundle-keep", {}, box, "Keep"), el("code", {}, each.text), el("span.soft", {}, where), seen);
}

/** @param {Place} each */
function place(each) {
  return el("tr", {}, el("td", {}, `${each.file}:${each.line}`), el("td", {}, each.rule), el("td", {}, each.token));
}

/** @param {number} bytes */
function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {Blob} blob
 * @param {string} header */
function save(blob, header) {
  const name = /filename="([^"]+)"/.exec(header)?.[1] ?? "v3-bundle.zip";
  saveAs(blob, name);
  notify("ok", "Saved.", name);
}
