// The page Campaigns: those that there are, asked for every two seconds, and a form for a new one.
import { BOOT, byId, el, icon, setContent, setText, slot } from "../js/dom.js";
import { plural } from "../js/format.js";
import { guarded } from "../js/notices.js";
import { call } from "../js/api.js";
import { inOrder } from "../js/order.js";
import { BY, meant } from "../js/choice.js";
import { mountSteps } from "./steps.js";
import { progress, toneOf } from "./words.js";

const EACH_MS = 2000;
/** @type {Record<string, string>} */
const ICONS = { running: "busy", stopped: "pause" };

/** Bring the list under `root` to life.
 * @param {HTMLElement} root
 * @param {Api["CampaignHeadline"][]} first */
export function mount(root, first) {
  let drawn = "";
  /** @param {Api["CampaignHeadline"][]} campaigns */
  const show = (campaigns) => {
    const now = JSON.stringify(campaigns);
    if (now === drawn) return;
    drawn = now;
    slot(root, "none").hidden = campaigns.length > 0;
    setContent(slot(root, "list"), campaigns.map(row));
  };
  /** @type {() => Promise<Api["Campaigns"] | undefined>} */
  const answer = inOrder(() => call("GET", "lab/campaigns"));
  const look = async () => {
    const told = await answer().catch(() => undefined); // the next one tells
    if (told) show(told.campaigns);
  };
  const timer = window.setInterval(() => document.hidden || look(), EACH_MS);
  show(first);
  if (slot(root, "form")) mountForm(root);
  return () => clearInterval(timer);
}

/** @param {Api["CampaignHeadline"]} campaign */
function row(campaign) {
  const shown = ICONS[campaign.state] ?? "list";
  return el("li", {}, el("a", { href: `/campaigns/${campaign.campaign}` }, campaign.name),
    el("span.campaign-word", { "data-tone": toneOf(campaign) }, icon(shown), el("span", {}, campaign.word)),
    el("span.campaign-told", {}, [campaign.told, progress(campaign)].filter(Boolean).join(" ")));
}

/** @typedef {{device_id: string, board: string, where: string, here: boolean}} Offered */

/** Every board that the hub saw, at a bench that is here or where it was last; each once.
 * @param {Api["Lab"]} lab
 * @param {import("../js/choice.js").Choice} choice
 * @returns {Offered[]} */
export function offered(lab, choice) {
  const found = lab.benches.flatMap((bench) => bench.bays.filter((bay) => meant(choice, { bench: bench.id, bay }))
    .map((bay) => ({
      device_id: bay.device_id ?? bay.gone?.device_id ?? "", board: bay.board ?? bay.gone?.board ?? "",
      where: `${bench.id}, ${bay.place}`, here: bench.here && Boolean(bay.board),
    })).filter((each) => each.device_id));
  const first = found.filter((each) => each.here).concat(found.filter((each) => !each.here));
  return [...new Map(first.toReversed().map((each) => [each.device_id, each])).values()].toReversed();
}

/** @param {HTMLElement} root */
async function mountForm(root) {
  const form = /** @type {any} */ (slot(root, "form"));
  const steps = mountSteps(slot(root, "steps"), slot(root, "add-step"), BOOT.offered);
  const asked = new URLSearchParams(location.search);
  const choice = /** @type {any} */ (Object.fromEntries(BY.map((by) => [by, asked.get(by) ?? ""])));
  const ticked = () => /** @type {HTMLInputElement[]} */ ([...slot(root, "boards").querySelectorAll("input:checked")]);
  const count = () => {
    setText(slot(root, "boards-title"), `Boards: ${ticked().length}`);
    /** @type {HTMLButtonElement} */ (slot(root, "begin")).disabled = !ticked().length;
  };
  form.addEventListener("change", count);
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    guarded(slot(root, "begin"), async () => {
      /** @type {Api["Campaign"]} */
      const made = await call("POST", "lab/campaigns", {
        name: form.name.value, devices: ticked().map((each) => each.value), steps: steps.read(),
        limit: Number(form.limit.value), at_unknown: form.at_unknown.checked, away: form.away.value,
        hours: Number(form.hours.value),
      });
      location.assign(`/campaigns/${made.campaign}`);
    });
  });
  await guarded(null, async () => {
    const boards = offered(await call("GET", "lab"), choice);
    setContent(slot(root, "boards"), boards.map((each) => el("label", {},
      el("input", { type: "checkbox", value: each.device_id, checked: true }), el("span", {}, each.board),
      el("span.campaign-told", {}, each.here ? each.where : `${each.where}, not connected now`))));
    const narrowed = BY.filter((by) => choice[by]).map((by) => choice[by]).join(", ");
    const none = `No board is known ${narrowed ? `for ${narrowed}` : "yet"}.`;
    const hint = boards.length ? `As chosen on the page Lab: ${narrowed}.` : none;
    if (narrowed || !boards.length) setText(slot(root, "boards-hint"), hint);
    announceCount(root, boards.length);
  });
  count();
}

/** @param {HTMLElement} root
 * @param {number} boards */
function announceCount(root, boards) {
  slot(root, "boards").setAttribute("aria-label", plural(boards, "board"));
}

mount(byId("ui-main"), BOOT.campaigns);
