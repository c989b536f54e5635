// The page Lab: every bench and its places, asked for once a second while somebody looks.
import { announce, BOOT, button, byId, el, icon, setContent, setText, slot } from "../js/dom.js";
import { dateTime, plural } from "../js/format.js";
import { showError } from "../js/notices.js";
import { call } from "../js/api.js";
import { list, whenBack } from "./errands.js";

/** @typedef {{bench: string, bay: string, device_id: string | null}} Board */
/** @typedef {{check: (boards: Board[]) => unknown, look: () => unknown}} Does */

const EACH_MS = 1000;

/** Bring the lab under `root` to life. first: what it shows at the start.
 * @param {HTMLElement} root
 * @param {Api["Lab"]} first */
export function mount(root, first) {
  let drawn = "";

  /** @param {Board[] | null} boards */
  const check = async (boards) => {
    try {
      /** @type {Api["LabCalls"]} */
      const { calls } = await call("POST", "lab/checkups", boards ? { boards } : {});
      const accepted = calls.filter((each) => each.answer === "accepted").length;
      announce(`${accepted} of ${plural(calls.length, "board")} being checked.`);
    } catch (error) {
      showError(error);
    }
    await look();
  };
  /** @param {Api["Lab"]} lab */
  const show = (lab) => {
    const now = JSON.stringify(lab);
    if (now === drawn) return;
    drawn = now;
    const boards = lab.benches.flatMap((bench) => (bench.here ? bench.bays.filter((bay) => bay.board) : []));
    slot(root, "all").disabled = !boards.length;
    slot(root, "none").hidden = lab.benches.length > 0;
    setText(slot(root, "summary"), summary(lab, boards.length));
    const focused = document.activeElement?.getAttribute("data-of");
    setContent(slot(root, "benches"), [...list(lab.errands, look), ...lab.benches.map((bench) => section(bench, { check, look }))]);
    if (focused) /** @type {any} */ ([...root.querySelectorAll("[data-of]")].find((each) => each.getAttribute("data-of") === focused))?.focus();
  };
  const look = async () => {
    try {
      show(await call("GET", "lab"));
      slot(root, "summary").dataset.old = "no";
    } catch {
      setText(slot(root, "summary"), "The hub's program does not answer. What you see is old.");
      drawn = "";
    }
  };

  slot(root, "all").addEventListener("click", () => check(null));
  const timer = window.setInterval(() => document.hidden || look(), EACH_MS);
  show(first);
  return () => clearInterval(timer);
}

/** @param {Api["Lab"]} lab
 * @param {number} boards */
function summary(lab, boards) {
  if (!lab.connected) return "The hub's nats-server does not answer: no bench can be called.";
  const here = lab.benches.filter((bench) => bench.here).length;
  const words = `${here} of ${plural(lab.benches.length, "bench", "benches")} connected, ${plural(boards, "board")}.`;
  return [words, lab.not_kept].filter(Boolean).join(" ");
}

/** @param {Api["LabBench"]} bench
 * @param {Does} does */
function section(bench, does) {
  return el("section.lab-bench", { "data-here": bench.here ? "yes" : "no", "aria-label": bench.id },
    el("h2", {}, bench.id), el("p.hint", {}, presence(bench)),
    el("ul", {}, bench.bays.map((bay) => row(bench, bay, does))));
}

/** @param {Api["LabBench"]} bench */
function presence(bench) {
  const words = [bench.here ? "Connected" : bench.heard ? `Not connected since ${dateTime(bench.heard)}` : "Never connected yet"];
  if (bench.waiting) words.push(`${plural(bench.waiting, "result")} still to come`);
  if (bench.parked) words.push(`${plural(bench.parked, "result")} not taken`);
  const off = Math.round(bench.clock_offset_s ?? 0);
  if (Math.abs(off) > 2) words.push(`its clock is ${off} s off`);
  return `${words.join(", ")}.`;
}

/** @param {Api["LabBench"]} bench
 * @param {Api["LabBay"]} bay
 * @param {Does} does */
function row(bench, bay, does) {
  const of = `${bench.id}/${bay.id}`;
  const board = { bench: bench.id, bay: bay.id, device_id: bay.device_id };
  return el("li", {}, el("span", {}, bay.place), el("span.lab-board", {}, bay.board ?? (bay.gone ? `No board, ${bay.gone.board} was here` : "No board"), bay.board ? pages(of, bay, bench.here) : null),
    el("span.lab-state", { "data-tone": bay.link.tone }, icon(bay.link.icon), el("span", {}, bench.here ? bay.link.word : "Not known now")),
    el("span.lab-badge", { "data-verdict": bay.verdict ?? "none" }, icon(bay.running ? "busy" : bay.badge.icon),
      el("span", {}, bay.running ? `${bay.done} of ${bay.total} checked` : bay.badge.word), el("span.lab-told", {}, bay.call?.told ?? "")),
    bay.gone ? whenBack(bay.gone, of, does.look)
      : bench.here && bay.board ? button("Check", "run", () => does.check([board]), ".small", { disabled: Boolean(bay.running), "data-of": of, "aria-label": `Check ${bay.board}` }) : null);
}

const PAGES = [["live", "Live"], ["logs", "Logs"], ["terminal", "Terminal"]];

/** What the hub shows of a board: by itself its history, the rest through its bench.
 * @param {string} of
 * @param {Api["LabBay"]} bay
 * @param {boolean} here */
const pages = (of, bay, here) => el("span.lab-pages", {},
  [[`/boards/${bay.device_id}`, "History"], ...(here ? PAGES.map(([page, word]) => [`/bays/${of.replace("/", ":")}/${page}`, word]) : [])]
    .map(([href, word]) => el("a", { href, "aria-label": `${word}: ${bay.board}`, "data-of": `${of}/${word}` }, word)));

mount(byId("ui-main"), BOOT.lab);
