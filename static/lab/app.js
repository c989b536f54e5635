// The page Lab: every bench and its places, asked for once a second while somebody looks.
import { announce, BOOT, byId, el, setContent, setText, slot } from "../js/dom.js";
import { plural } from "../js/format.js";
import { showError } from "../js/notices.js";
import { call } from "../js/api.js";
import { inOrder } from "../js/order.js";
import { list } from "./errands.js";
import { benches } from "./benches.js";
import { fleetTable } from "./fleet.js";
import { merged } from "./known.js";
import { BY, boardsOf, isAny, meant, values, wordOf } from "../js/choice.js";

/** @typedef {import("./rows.js").Board} Board */

const EACH_MS = 1000;

/** Bring the lab under `root` to life. first: what it shows at the start.
 * @param {HTMLElement} root
 * @param {Api["Lab"]} first */
export function mount(root, first) {
  let lab = first;
  let errands = "";
  /** @type {import("../js/choice.js").Choice} */
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
    lab = merged(lab, told);
    const boards = boardsOf(lab);
    offer(form, boards, choice);
    slot(root, "all").disabled = !chosen().length;
    const word = /** @type {Element} */ (slot(root, "all").querySelector("span"));
    setText(word, isAny(choice) ? "Check all" : `Check these ${chosen().length}`);
    slot(root, "campaign").setAttribute("href", `/campaigns?${new URLSearchParams(choice)}`);
    slot(root, "none").hidden = lab.benches.length > 0;
    setText(slot(root, "summary"), summary(lab, boards.length));
    const waits = JSON.stringify(lab.errands);
    if (waits !== errands) setContent(slot(root, "errands"), list(lab.errands, look));
    errands = waits;
    shown.show(lab, choice);
  };
  /** @type {() => Promise<Api["Lab"] | undefined>} */
  const answer = inOrder(() => call("GET", `lab?since=${encodeURIComponent(lab.version)}`));
  const look = async () => {
    try {
      const told = await answer();
      if (!told) return;
      show(told);
      slot(root, "summary").dataset.old = "no";
      await table.follow(lab.fleet);
    } catch {
      setText(slot(root, "summary"), "The hub's program does not answer. What you see is old.");
    }
  };
  const shown = benches(slot(root, "benches"), { check, look });
  const table = fleetTable(root);
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
 * @param {import("../js/choice.js").Placed[]} boards
 * @param {import("../js/choice.js").Choice} choice */
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

/** @param {Api["Lab"]} lab
 * @param {number} boards */
function summary(lab, boards) {
  if (!lab.connected) return "The hub's nats-server does not answer: no bench can be called.";
  const here = lab.benches.filter((bench) => bench.here).length;
  const words = `${here} of ${plural(lab.benches.length, "bench", "benches")} connected, ${plural(boards, "board")}.`;
  return [words, lab.not_kept].filter(Boolean).join(" ");
}

mount(byId("ui-main"), BOOT.lab);
