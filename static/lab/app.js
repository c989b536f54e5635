// The page Lab: every bench and its places, asked for once a second while somebody looks.
import { announce, BOOT, button, byId, el, icon, setContent, setText, slot } from "../js/dom.js";
import { dateTime, plural } from "../js/format.js";
import { showError } from "../js/notices.js";
import { call } from "../js/api.js";
import { inOrder } from "../js/order.js";
import { list, whenBack } from "./errands.js";
import { showMatrix } from "../js/matrix.js";
import { BY, boardsOf, isAny, meant, values, wordOf } from "./choice.js";

/** @typedef {{bench: string, bay: string, device_id: string | null}} Board */
/** @typedef {{check: (boards: Board[]) => unknown, look: () => unknown}} Does */

const EACH_MS = 1000;

/** Bring the lab under `root` to life. first: what it shows at the start.
 * @param {HTMLElement} root
 * @param {Api["Lab"]} first */
export function mount(root, first) {
  let [drawn, fleet] = ["", ""];
  let lab = first;
  /** @type {import("./choice.js").Choice} */
  const choice = { bench: "", model: "", tag: "", verdict: "" };
  const form = /** @type {any} */ (slot(root, "choice"));
  const chosen = () => boardsOf(lab).filter((each) => meant(choice, each));

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
  /** @param {Api["Lab"]} told */
  const show = (told) => {
    const now = JSON.stringify([told, choice]);
    if (now === drawn) return;
    [drawn, lab] = [now, told];
    const boards = boardsOf(lab);
    offer(form, boards, choice);
    slot(root, "all").disabled = !chosen().length;
    const word = /** @type {Element} */ (slot(root, "all").querySelector("span"));
    setText(word, isAny(choice) ? "Check all" : `Check these ${chosen().length}`);
    slot(root, "none").hidden = lab.benches.length > 0;
    setText(slot(root, "summary"), summary(lab, boards.length));
    const focused = document.activeElement?.getAttribute("data-of");
    const rows = lab.benches.flatMap((bench) => {
      const bays = bench.bays.filter((bay) => meant(choice, { bench: bench.id, bay }));
      return bays.length || isAny(choice) ? [section(bench, bays, { check, look })] : [];
    });
    setContent(slot(root, "benches"), [...list(lab.errands, look), ...rows]);
    if (focused) /** @type {any} */ ([...root.querySelectorAll("[data-of]")].find((each) => each.getAttribute("data-of") === focused))?.focus();
  };
  /** @type {() => Promise<Api["Lab"] | undefined>} */
  const answer = inOrder(() => call("GET", "lab"));
  const look = async () => {
    try {
      const told = await answer();
      if (!told) return;
      show(told);
      slot(root, "summary").dataset.old = "no";
      if (JSON.stringify(lab.fleet) !== fleet) await found();
    } catch {
      setText(slot(root, "summary"), "The hub's program does not answer. What you see is old.");
      drawn = "";
    }
  };

  const found = async () => {
    const wanted = JSON.stringify(lab.fleet);
    if (!lab.fleet) return;
    setText(slot(root, "fleet"), progress(lab.fleet));
    try {
      /** @type {Api["LabMatrix"]} */
      const { matrix, boards, left_out: more } = await call("GET", "lab/matrix");
      showMatrix(root, matrix, { shared: "On every board", href: (bay) => `/boards/${boards[bay]}` });
      const words = [progress(lab.fleet)];
      if (matrix?.state === "running" && lab.fleet.done === lab.fleet.total) words.push("Results are on their way.");
      if (more) words.push(`The worst ${matrix?.bays.length} are shown, ${more} are not.`);
      setText(slot(root, "fleet"), words.join(" "));
      fleet = matrix?.state === "finished" ? wanted : ""; // results may be on their way
    } catch (error) {
      fleet = wanted;
      showError(error);
    }
  };
  /** @param {"add" | "remove"} what */
  const tag = async (what) => {
    const word = form.word.value.trim();
    if (!word || !chosen().length) return;
    try {
      show(await call("POST", "lab/tags", { devices: chosen().map(({ bay }) => bay.device_id), [what]: [word] }));
    } catch (error) {
      showError(error);
    }
  };

  slot(root, "all").addEventListener("click", () => check(isAny(choice) ? null
    : chosen().map(({ bench, bay }) => ({ bench, bay: bay.id, device_id: bay.device_id }))));
  form.addEventListener("change", () => {
    for (const by of BY) choice[by] = form[by].value;
    show(lab);
  });
  form.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  for (const what of /** @type {const} */ (["add", "remove"])) {
    form.querySelector(`[data-slot=${what}]`)?.addEventListener("click", () => tag(what));
  }
  const timer = window.setInterval(() => document.hidden || look(), EACH_MS);
  show(first);
  return () => clearInterval(timer);
}

/** Fill the choices with what there is.
 * @param {any} form
 * @param {import("./choice.js").Placed[]} boards
 * @param {import("./choice.js").Choice} choice */
function offer(form, boards, choice) {
  form.hidden = boards.length < 2;
  for (const by of BY) {
    const named = [...new Set([...values(boards, by), choice[by]])].filter(Boolean);
    const there = [...form[by].options].slice(1).map((option) => option.value);
    if (there.join("\n") === named.join("\n")) continue;
    setContent(form[by], el("option", { value: "" }, "Any"), named.map((value) =>
      el("option", { value, selected: value === choice[by] }, by === "verdict" ? wordOf(boards, value) : value)));
  }
}

/** @param {{total: number, done: number, refused: number, unknown: number}} fleet */
function progress({ total, done, refused, unknown }) {
  const words = [`${done - refused} of ${total} boards are checked`];
  if (refused) words.push(`${refused} did not start`);
  if (unknown) words.push(`of ${unknown} the outcome is unknown`);
  return `${words.join(", ")}.`;
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
 * @param {Api["LabBay"][]} bays
 * @param {Does} does */
function section(bench, bays, does) {
  return el("section.lab-bench", { "data-here": bench.here ? "yes" : "no", "aria-label": bench.id },
    el("h2", {}, bench.id), el("p.hint", {}, presence(bench)),
    el("ul", {}, bays.map((bay) => row(bench, bay, does))));
}

/** @param {Api["LabBench"]} bench */
function presence(bench) {
  const words = [bench.here ? "Connected" : bench.heard ? `Not connected since ${dateTime(bench.heard)}` : "Never connected yet"];
  if (bench.waiting) words.push(`${plural(bench.waiting, "result")} still to come`);
  if (bench.parked) words.push(`${plural(bench.parked, "result")} not taken`);
  const off = Math.round(bench.clock_offset_s ?? 0);
  if (Math.abs(off) > 2) words.push(`its clock is ${off} s off`);
  return `${words.join(", ")}.${bench.refused && ` ${bench.refused}`}`;
}

/** @param {Api["LabBench"]} bench
 * @param {Api["LabBay"]} bay
 * @param {Does} does */
function row(bench, bay, does) {
  const of = `${bench.id}/${bay.id}`;
  const board = { bench: bench.id, bay: bay.id, device_id: bay.device_id };
  const named = bay.board ?? (bay.gone ? `No board, ${bay.gone.board} was here` : "No board");
  return el("li", {}, el("span", {}, bay.place),
    el("span.lab-board", {}, named, bay.board ? pages(of, bay, bench.here) : null, bay.tags.map((word) => el("span.tag", {}, word))),
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
