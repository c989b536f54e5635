// Which log: the form, and the page's address, which names it so that a reload or a bookmark finds it again.
import { all, el, part } from "../js/dom.js";
import { showError } from "../js/notices.js";

/** What the address asks for, as POST /api/v1/logs takes it.
 * @returns {LogSource} */
export function fromAddress() {
  const query = new URLSearchParams(location.search);
  const kind = query.get("source");
  if (kind === "file") return { source: "file", path: query.get("path") ?? "" };
  const unit = query.get("unit");
  /** @type {LogSource} */
  const source = { source: kind === "journal" ? "journal" : "kernel" };
  if (source.source === "journal" && unit) source.unit = unit;
  if (/^[0-7]$/.test(query.get("priority") ?? "")) source.priority = Number(query.get("priority"));
  if (/^-\d{1,3}$/.test(query.get("boot") ?? "")) source.boot = Number(query.get("boot"));
  return source;
}

/** @param {number} boot
 * @param {string} time */
const bootWord = (boot, time) => `${boot === -1 ? "Previous boot" : `${-boot} boots ago`}${time ? `: ${time}` : ""}`;

/** The form of one board. changed(wanted): another log is chosen.
 * @param {ParentNode} root
 * @param {Board} state
 * @param {(wanted: LogSource) => void} changed */
export function mountSource(root, { api }, changed) {
  const form = part(root, "source");
  const fields = /** @type {Fields} */ (form.elements);
  const boots = /** @type {HTMLSelectElement} */ (form.elements.namedItem("boot"));
  let asked = false;

  /** @returns {LogSource} */
  function chosen() {
    const { source, unit, path, priority, boot } = fields;
    if (source.value === "file") return { source: "file", path: path.value.trim() };
    /** @type {LogSource} */
    const wanted = { source: source.value === "journal" ? "journal" : "kernel" };
    if (source.value === "journal" && unit.value.trim()) wanted.unit = unit.value.trim();
    if (priority.value) wanted.priority = Number(priority.value);
    if (boot.value !== "0") wanted.boot = Number(boot.value);
    return wanted;
  }

  /** @param {LogSource} wanted */
  function go(wanted) {
    if (wanted.source === "file" && !wanted.path) return fields.path.focus();
    const address = `?${new URLSearchParams(Object.entries(wanted).map(([key, value]) => [key, String(value)]))}`;
    if (address !== location.search) history.pushState(null, "", address);
    changed(wanted);
  }

  /** @param {LogSource} wanted */
  function fill(wanted) {
    const { source, unit, path, priority } = fields;
    source.value = wanted.source;
    unit.value = wanted.unit ?? "";
    path.value = wanted.path ?? "";
    priority.value = String(wanted.priority ?? "");
    const at = String(wanted.boot ?? 0);
    if (![...boots.options].some((option) => option.value === at)) boots.append(el("option", { value: at }, bootWord(Number(at), "")));
    boots.value = at;
    reveal();
  }

  function reveal() {
    const kind = fields.source.value;
    for (const field of all(form, "[data-for]")) {
      field.hidden = !field.dataset.for?.split(" ").includes(kind);
    }
  }

  /** What the device has to choose from; asked once somebody looks at the form. */
  async function choices() {
    if (asked) return;
    asked = true;
    try {
      const found = await api.logChoices();
      part(root, "units").replaceChildren(...found.units.map((unit) => el("option", { value: unit.name }, `${unit.title} (${unit.state})`)));
      part(root, "files").replaceChildren(...found.files.map((path) => el("option", { value: path })));
      const now = boots.value;
      const past = found.boots.filter((each) => each.boot < 0).sort((a, b) => b.boot - a.boot);
      if (!past.some((each) => each.boot === Number(now)) && now !== "0") past.push({ boot: Number(now), time: "" });
      if (past.length) boots.replaceChildren(boots.options[0], ...past.map((each) => el("option", { value: each.boot }, bootWord(each.boot, each.time))));
      boots.value = now;
    } catch (error) {
      asked = false;
      const { code, status } = /** @type {ApiError} */ (error);
      if (code !== "unreachable" && status < 502) showError(error);
    }
  }

  fill(fromAddress());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(chosen());
  });
  form.addEventListener("change", (event) => {
    reveal();
    const field = /** @type {HTMLInputElement} */ (event.target);
    const whole = field.type === "radio" ? field.value !== "file" : field.name !== "path";
    if (whole) go(chosen());
  });
  form.addEventListener("focusin", choices);
  addEventListener("popstate", () => {
    fill(fromAddress());
    changed(fromAddress());
  });
}
