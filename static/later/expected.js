// What this board should have: typed or taken from what is there now, shown as a change of its profile, then saved.
import { baseOf, call } from "../js/api.js";
import { button, el, setContent } from "../js/dom.js";
import { guarded, notify } from "../js/notices.js";
import { openDialog } from "./dialog.js";

/** Name of the value, its label, its kind, how it is found in the newest results.
 * @type {[keyof Api["Expected"]["expect"], string, string, (of: (id: string) => any) => unknown][]} */
const FIELDS = [
  ["cameras", "Cameras", "number", (of) => of("cameras")?.camera_count],
  ["usb_devices", "USB devices (vendor:product)", "text", (of) => of("usb-devices")?.devices?.map((/** @type {{id: string}} */ { id }) => id).filter(fromOutside)],
  ["can_interfaces", "CAN interfaces", "text", (of) => of("can-bus")?.interfaces?.map((/** @type {{name: string}} */ { name }) => name).filter(Boolean)],
  ["critical_units", "Services that must run", "text", () => undefined],
  ["power_mode", "Power mode", "text", (of) => of("power-mode")?.mode_name],
];
/** 1d6b is Linux itself: its root hubs are on every board.
 * @param {string | undefined} id */
const fromOutside = (id) => Boolean(id && !id.startsWith("1d6b:"));
/** @param {unknown} value */
const asText = (value) => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));
/** @param {string} text */
const asList = (text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))];

/** @param {HTMLFormElement} form */
function valuesOf(form) {
  const fields = /** @type {Fields} */ (form.elements);
  const { cameras, power_mode: mode } = fields;
  return { cameras: cameras.value === "" ? null : Number(cameras.value), power_mode: mode.value.trim(),
    usb_devices: asList(fields.usb_devices.value), can_interfaces: asList(fields.can_interfaces.value),
    critical_units: asList(fields.critical_units.value) };
}

/** @param {Board} state */
export async function openExpected(state) {
  /** @type {<T>(method: string, body?: unknown) => Promise<T>} */
  const ask = (method, body) => call(method, "expected", body, 20000, baseOf(state.bay));
  /** @type {Api["Expected"]} */
  const { board, profile, expect } = await ask("GET");
  /** @param {typeof FIELDS[number]} one */
  const field = ([name, label, type]) => el("label", {}, label, el("input", { name, type, min: type === "number" && "0", max: type === "number" && "64",
    value: asText(expect[name]), autocomplete: "off", spellcheck: "false" }));
  const change = el("div.expected-change", { role: "status" });
  const form = el("form.expected", { onsubmit: show }, ...FIELDS.map(field),
    el("div.panel-buttons", {}, button("Take what is there now", "board", take),
      el("button.button.primary", { type: "submit" }, el("span", {}, "Show the change"))));
  const said = profile ? `It is judged by the profile “${profile}” now.` : "No profile fits it yet: only what is there is judged.";
  const box = await openDialog(`What ${board} should have`, [el("p.hint", {}, `${said} Leave empty what does not matter.`), form, change]);

  /** From the newest results; what was not run yet is run first.
   * @param {MouseEvent} event */
  function take(event) {
    guarded(event.currentTarget, async () => {
      const { results } = await state.api.state(); // beside the dashboard a page has none
      const found = new Map(results.map((result) => [result.diagnostic, result]));
      for (const id of ["cameras", "usb-devices", "can-bus", "power-mode"]) {
        if (!found.has(id)) found.set(id, await call("POST", `diagnostics/${id}/run`, {}, 60000, baseOf(state.bay)));
      }
      for (const [name, , , read] of FIELDS) {
        const value = read((id) => found.get(id)?.reading);
        if (value !== undefined && value !== null) /** @type {Fields} */ (form.elements)[name].value = asText(value);
      }
    });
  }

  /** @param {SubmitEvent} event */
  function show(event) {
    event.preventDefault();
    const wanted = valuesOf(form);
    guarded(event.submitter, async () => {
      /** @type {Api["ExpectedChange"]} */
      const { difference, file } = await ask("POST", { expect: wanted });
      if (!difference.length) return setContent(change, el("p", {}, "Nothing would change."));
      setContent(change, el("p", {}, "This becomes ", el("code", {}, `profiles/${file}`), " in the data folder:"),
        el("pre.expected-lines", { tabindex: "0", "aria-label": "The change" }, ...difference.map((line) =>
          el("span", { "data-change": line.startsWith("+") ? "new" : line.startsWith("-") ? "gone" : "same" }, `${line}\n`))),
        button("Save", "save", (click) => keep(click.currentTarget, wanted), ".primary"));
      change.scrollIntoView({ block: "end" });
    });
  }

  /** @param {EventTarget | null} control
   * @param {Api["Expected"]["expect"]} wanted */
  function keep(control, wanted) {
    guarded(control, async () => {
      await ask("POST", { expect: wanted, save: true });
      box.close();
      notify("ok", "Saved.", `${board} is judged by it from now on.`);
    });
  }
}
