// One campaign: its waves, each board with its steps, asked for once a second while anything may change.
import { announce, BOOT, byId, el, icon, setContent, setText, slot } from "../js/dom.js";
import { dateTime, plural } from "../js/format.js";
import { guarded } from "../js/notices.js";
import { call } from "../js/api.js";
import { inOrder } from "../js/order.js";
import { progress, toneOf } from "./words.js";

const EACH_MS = 1000;
const DOES = { stop: "The campaign is stopped.", "go-on": "The campaign goes on.", end: "The campaign is ended." };

/** Bring the campaign under `root` to life.
 * @param {HTMLElement} root
 * @param {Api["Campaign"]} first */
export function mount(root, first) {
  const path = `lab/campaigns/${encodeURIComponent(first.campaign)}`;
  const waves = first.waves.map((wave) => section(wave));
  /** @type {Map<string, {told: string, node: Element}>} */
  const rows = new Map();
  setContent(slot(root, "waves"), waves.map(({ node }) => node));

  /** @param {Api["Campaign"]} campaign */
  const show = (campaign) => {
    head(root, campaign);
    campaign.waves.forEach((wave, at) => {
      setText(waves[at].hint, `${plural(wave.boards.length, "board")}.`);
      for (const board of wave.boards) {
        const told = JSON.stringify(board);
        const known = rows.get(board.device_id);
        if (known?.told === told) continue; // of a thousand boards a few change
        const node = row(board, campaign.steps);
        if (known) known.node.replaceWith(node);
        else waves[at].list.append(node);
        rows.set(board.device_id, { told, node });
      }
    });
  };
  /** @type {() => Promise<Api["Campaign"] | undefined>} */
  const answer = inOrder(() => call("GET", path));
  const look = async () => {
    try {
      const told = await answer();
      if (told) show(told);
    } catch {
      setText(slot(root, "facts"), "The hub's program does not answer. What you see is old.");
    }
  };
  for (const [what, words] of Object.entries(DOES)) {
    slot(root, what)?.addEventListener("click", (/** @type {Event} */ event) => guarded(event.currentTarget, async () => {
      show(await call("POST", `${path}/${what}`, {}));
      announce(words);
    }));
  }
  const timer = window.setInterval(() => document.hidden || look(), EACH_MS);
  show(first);
  return () => clearInterval(timer);
}

/** @param {HTMLElement} root
 * @param {Api["Campaign"]} campaign */
function head(root, campaign) {
  const state = slot(root, "state");
  state.dataset.tone = toneOf(campaign);
  const words = [campaign.word, campaign.told].filter(Boolean).join(": ");
  setText(state, `${words}${words.endsWith(".") ? "" : "."}`);
  const rules = [`stops at ${campaign.limit} % with a fault`, campaign.at_unknown ? "and at the first unknown" : ""].filter(Boolean).join(" ");
  const away = campaign.leave_out ? "boards that are away are left out" : "boards that are away are waited for";
  setText(slot(root, "facts"), `${progress(campaign)} It ${rules}; ${away}. Begun by ${campaign.who || "somebody"}, ends ${dateTime(campaign.until)}.`);
  const live = campaign.state === "running" || campaign.state === "stopped";
  if (!slot(root, "stop")) return; // a viewer
  slot(root, "stop").hidden = campaign.state !== "running";
  slot(root, "go-on").hidden = campaign.state !== "stopped";
  slot(root, "end").hidden = !live;
}

/** @param {Api["Campaign"]["waves"][number]} wave */
function section(wave) {
  const [hint, list] = [el("p.hint", {}), el("ul", {})];
  return { hint, list, node: el("section.campaign-wave", { "aria-label": `Wave ${wave.wave}` }, el("h2", {}, `Wave ${wave.wave}`), hint, list) };
}

/** @param {Api["CampaignBoard"]} board
 * @param {Api["Campaign"]["steps"]} steps */
function row(board, steps) {
  return el("li", {}, el("a.campaign-board", { href: `/boards/${board.device_id}` }, board.board),
    el("ol", {}, board.pieces.map((piece, at) => el("li.campaign-piece", { "data-verdict": piece.verdict ?? "none", "data-state": piece.state },
      icon(piece.icon), el("span", {}, el("span.campaign-step", {}, `${steps[at].told}: `), outcome(piece),
        piece.bench ? el("span.campaign-told", {}, ` at ${piece.bench}, ${piece.bay}`) : null,
        piece.told ? el("span.campaign-told", {}, ` ${piece.told}`) : null)))));
}

/** The outcome, with a link to what runs and to its record once the hub has it.
 * @param {Api["CampaignPiece"]} piece */
function outcome(piece) {
  const runs = piece.state === "sent" && piece.record && !piece.recording;
  if (!piece.kept && !runs) return piece.word;
  return el("a", { href: piece.recording ? `/bays/${piece.bench}:${piece.bay}/live` : `/checkups/${piece.record}` }, piece.word);
}

mount(byId("ui-main"), BOOT.campaign);
