// Which log: the form, and the page's address, which names it so that a reload or a bookmark finds it again.
import { el, part } from "../js/dom.js";
import { showError } from "../js/notices.js";

/** What the address asks for, as POST /api/v1/logs takes it. */
export function fromAddress() {
  const query = new URLSearchParams(location.search);
  const kind = query.get("source");
  if (kind === "file") return { source: "file", path: query.get("path") ?? "" };
  const source = { source: kind === "journal" ? "journal" : "kernel" };
  if (source.source === "journal" && query.get("unit")) source.unit = query.get("unit");
  if (/^[0-7]$/.test(query.get("priority") ?? "")) source.priority = Number(query.get("priority"));
  if (/^-\d{1,3}$/.test(query.get("boot") ?? "")) source.boot = Number(query.get("boot"));
  return source;
}

const bootWord = (boot, time) => `${boot === -1 ? "Previous boot" : `${-boot} boots ago`}${time ? `: ${time}` : ""}`;

/** The form of one board. changed(wanted): another log is chosen.
 * @param {ParentNode} root
 * @param {import("../js/state.js").BoardState} state
 * @param {(wanted: any) => void} changed */
export function mountSource(root, { api }, changed) {
  const form = part(root, "source");
  let asked = false;

  function chosen() {
    const { source, unit, path, priority, boot } = form.elements;
    if (source.value === "file") return { source: "file", path: path.value.trim() };
    const wanted = { source: source.value };
    if (source.value === "journal" && unit.value.trim()) wanted.unit = unit.value.trim();
    if (priority.value) wanted.priority = Number(priority.value);
    if (boot.value !== "0") wanted.boot = Number(boot.value);
    return wanted;
  }

  function go(wanted) {
    if (wanted.source === "file" && !wanted.path) return form.elements.path.focus();
    const address = `?${new URLSearchParams(Object.entries(wanted).map(([key, value]) => [key, String(value)]))}`;
    if (address !== location.search) history.pushState(null, "", address);
    changed(wanted);
  }

  function fill(wanted) {
    const { source, unit, path, priority, boot } = form.elements;
    source.value = wanted.source;
    unit.value = wanted.unit ?? "";
    path.value = wanted.path ?? "";
    priority.value = String(wanted.priority ?? "");
    const at = String(wanted.boot ?? 0);
    if (![...boot.options].some((option) => option.value === at)) boot.append(el("option", { value: at }, bootWord(Number(at), "")));
    boot.value = at;
    reveal();
  }

  function reveal() {
    const kind = form.elements.source.value;
    for (const field of form.querySelectorAll("[data-for]")) field.hidden = !field.dataset.for.split(" ").includes(kind);
  }

  /** What the device has to choose from; asked once somebody looks at the form. */
  async function choices() {
    if (asked) return;
    asked = true;
    try {
      const found = await api.logChoices();
      part(root, "units").replaceChildren(...found.units.map((unit) => el("option", { value: unit.name }, `${unit.title} (${unit.state})`)));
      part(root, "files").replaceChildren(...found.files.map((path) => el("option", { value: path })));
      const { boot } = form.elements;
      const now = boot.value;
      const past = found.boots.filter((each) => each.boot < 0).sort((a, b) => b.boot - a.boot);
      if (!past.some((each) => each.boot === Number(now)) && now !== "0") past.push({ boot: Number(now), time: "" });
      if (past.length) boot.replaceChildren(boot.options[0], ...past.map((each) => el("option", { value: each.boot }, bootWord(each.boot, each.time))));
      boot.value = now;
    } catch (error) {
      asked = false;
      if (error.code !== "unreachable" && error.status < 502) showError(error);
    }
  }

  fill(fromAddress());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(chosen());
  });
  form.addEventListener("change", (event) => {
    reveal();
    const whole = event.target.type === "radio" ? event.target.value !== "file" : event.target.name !== "path";
    if (whole) go(chosen());
  });
  form.addEventListener("focusin", choices);
  addEventListener("popstate", () => {
    fill(fromAddress());
    changed(fromAddress());
  });
}
