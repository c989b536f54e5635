// What to follow: a fault, a second place where it is good, and the part that changes places.
import { button, el, icon, setContent, WORDS } from "../js/dom.js";

/** @typedef {Api["SwapTests"]["faults"][number]} Fault */
/** folded: an answer stands above, so the choices open when a person asks for them.
 * @typedef {{begin(body: Api["SwapTestBody"]): void, hidden: boolean, folded: boolean}} Act */

/** @typedef {Fault["others"][number]} Other */
/** @typedef {{fault: Fault, other?: Other, part?: string}} Choice */

/** What is drawn, and what is chosen in it.
 * @type {WeakMap<Element, {now: string, choice?: Choice}>} */
const drawn = new WeakMap();

/** Show the choices under `root`. They are drawn again only where they changed; what was chosen stays chosen.
 * @param {HTMLElement} root
 * @param {Api["SwapTests"]["faults"]} faults
 * @param {Act} act */
export function showChooser(root, faults, act) {
  root.hidden = act.hidden;
  const now = JSON.stringify([faults, act.folded]);
  const before = drawn.get(root);
  if (act.hidden || before?.now === now) return;
  const after = { now, choice: before?.choice };
  drawn.set(root, after);
  const focused = root.contains(document.activeElement) ? document.activeElement?.getAttribute("name") : null;
  if (!faults.length) {
    setContent(root, el("h2", {}, "No fault to follow"),
      el("p.hint", {}, "Run a check-up first. Each fault and warning of a connected board can then be followed."));
    return;
  }
  setContent(root, act.folded
    ? el("details", {}, el("summary", {}, el("h2", {}, "Another swap test")), form(faults, act, after))
    : [el("h2", {}, "Choose what to follow"), form(faults, act, after)]);
  if (focused) /** @type {HTMLElement | null} */ (root.querySelector(`[name=${focused}]:is(select, button, :checked)`))?.focus();
}

/** @param {Api["SwapTests"]["faults"]} faults
 * @param {Act} act
 * @param {{choice?: Choice}} kept the choice, here and when it is drawn again */
function form(faults, act, kept) {
  const others = select("second", "Second place, where it is good");
  const parts = select("part", "What changes places");
  const go = button("Begin", "run", () => act.begin(body()), ".primary", { type: "submit" });
  const none = el("p.hint", { role: "status" });
  const before = kept.choice;
  const first = wanted(faults);
  let fault = faults.find((each) => before && same(each, before.fault)) ?? first;

  const list = el("fieldset.swap-faults", {}, el("legend", {}, "Fault"),
    [first, ...faults.filter((each) => each !== first)].map((each, number) => el("label.swap-fault", { "data-verdict": each.verdict },
      el("input", { type: "radio", name: "fault", value: number, checked: each === fault, onchange: () => pick(each) }),
      el("span", {}, el("strong", {}, icon(WORDS.verdicts[each.verdict].icon), each.title === each.item ? each.title : `${each.title}: ${each.item}`),
        el("span", {}, each.reason), el("span.hint", {}, `${each.place} (${each.board})`)))));

  /** @param {Fault} each */
  const pick = (each) => {
    fault = each;
    fill(others.box, fault.others.map((other) => other.words));
    choose(others.box, fault.others.findIndex((other) => before?.other && same(other, before.other)));
    offer();
  };
  const offer = () => {
    const other = fault.others[others.box.selectedIndex];
    fill(parts.box, (other?.parts ?? []).map((part) => part.word));
    choose(parts.box, (other?.parts ?? []).findIndex((part) => part.id === before?.part));
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
  const keep = () => {
    const other = fault.others[others.box.selectedIndex];
    kept.choice = { fault, other, part: other?.parts[parts.box.selectedIndex]?.id };
  };
  return el("form.swap-form", { onsubmit: (event) => event.preventDefault(), onchange: keep }, list, others.label, parts.label, none,
    el("div.panel-buttons", {}, go));
}

/** @param {Fault | Other} one
 * @param {Fault | Other} other */
function same(one, other) {
  return /** @type {const} */ (["bay", "diagnostic", "item"]).every((key) => Reflect.get(one, key) === Reflect.get(other, key));
}

/** @param {HTMLSelectElement} box
 * @param {number} at */
function choose(box, at) {
  if (at >= 0) box.selectedIndex = at;
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
