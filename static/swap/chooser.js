// What to follow: a fault, a second place where it is good, and the part that changes places.
import { button, el, icon, setContent, WORDS } from "../js/dom.js";

/** @typedef {Api["SwapTests"]["faults"][number]} Fault */
/** folded: an answer stands above, so the choices open when a person asks for them.
 * @typedef {{begin(body: Api["SwapTestBody"]): void, hidden: boolean, folded: boolean}} Act */

/** @type {WeakMap<Element, string>} */
const drawn = new WeakMap();

/** Show the choices under `root`. They are drawn again only where they changed: a choice half made stays.
 * @param {HTMLElement} root
 * @param {Api["SwapTests"]["faults"]} faults
 * @param {Act} act */
export function showChooser(root, faults, act) {
  root.hidden = act.hidden;
  const now = JSON.stringify([faults, act.folded]);
  if (act.hidden || drawn.get(root) === now) return;
  drawn.set(root, now);
  if (!faults.length) {
    setContent(root, el("h2", {}, "No fault to follow"),
      el("p.hint", {}, "Run a check-up first. Each fault and warning of a connected board can then be followed."));
    return;
  }
  setContent(root, act.folded
    ? el("details", {}, el("summary", {}, el("h2", {}, "Another swap test")), form(faults, act))
    : [el("h2", {}, "Choose what to follow"), form(faults, act)]);
}

/** @param {Api["SwapTests"]["faults"]} faults
 * @param {Act} act */
function form(faults, act) {
  const others = select("second", "Second place, where it is good");
  const parts = select("part", "What changes places");
  const go = button("Begin", "run", () => act.begin(body()), ".primary", { type: "submit" });
  const none = el("p.hint", { role: "status" });
  let fault = wanted(faults); // it stands first

  const list = el("fieldset.swap-faults", {}, el("legend", {}, "Fault"),
    [fault, ...faults.filter((each) => each !== fault)].map((each, number) => el("label.swap-fault", { "data-verdict": each.verdict },
      el("input", { type: "radio", name: "fault", value: number, checked: each === fault, onchange: () => pick(each) }),
      el("span", {}, el("strong", {}, icon(WORDS.verdicts[each.verdict].icon), each.title === each.item ? each.title : `${each.title}: ${each.item}`),
        el("span", {}, each.reason), el("span.hint", {}, `${each.place} (${each.board})`)))));

  /** @param {Fault} each */
  const pick = (each) => {
    fault = each;
    fill(others.box, fault.others.map((other) => other.words));
    offer();
  };
  const offer = () => {
    const other = fault.others[others.box.selectedIndex];
    fill(parts.box, (other?.parts ?? []).map((part) => part.word));
    go.disabled = !other;
    none.textContent = other ? "" : "There is no second place: connect another board, or choose another fault.";
  };
  const body = () => {
    const other = fault.others[others.box.selectedIndex];
    return {
      diagnostic: fault.diagnostic,
      part: other.parts[parts.box.selectedIndex].id,
      places: [{ bay: fault.bay, item: fault.item }, { bay: other.bay, item: other.item }],
    };
  };
  others.box.addEventListener("change", offer);
  pick(fault);
  return el("form.swap-form", { onsubmit: (event) => event.preventDefault() }, list, others.label, parts.label, none,
    el("div.panel-buttons", {}, go));
}

/** The fault that the address names, else the first.
 * @param {Api["SwapTests"]["faults"]} faults */
function wanted(faults) {
  const asked = new URLSearchParams(window.location.search);
  /** @param {Fault} each */
  const names = (each) => /** @type {const} */ (["bay", "diagnostic", "item"]).every((key) => !asked.get(key) || asked.get(key) === each[key]);
  return faults.find(names) ?? faults[0];
}

/** @param {string} name
 * @param {string} words */
function select(name, words) {
  const box = el("select", { name });
  return { box, label: el("label.swap-choice", {}, el("span", {}, words), box) };
}

/** @param {HTMLSelectElement} box
 * @param {string[]} words */
function fill(box, words) {
  setContent(box, words.map((each, at) => el("option", { value: at }, each)));
}
