// The bar over the charts: which stretch of time all of them show. By buttons, so that mouse, keyboard and
// finger can do the same. Over a chart a mouse may also drag (chart.js).
import { all, announce, el, icon, part, setContent, setText } from "../js/dom.js";
import { clock, span } from "../js/format.js";

/** @param {ParentNode} root
 * @param {{store: import("./store.js").Store, view: import("./view.js").View}} board */
export function mountTimeBar(root, { store, view }) {
  /** @type {Record<string, {does(): void, idle(shown: number[], all: number[]): boolean}>} */
  const STEPS = { // what a button does, and when there is nothing left for it to do
    closer: { does: () => (view.follow ? view.setSpan(spans()[place() - 1]) : view.scale(1 / 2)),
      idle: ([from, to]) => (view.follow ? place() <= 0 : to - from <= 1) },
    wider: { does: () => (view.follow ? view.setSpan(spans()[place() + 1]) : view.scale(2)),
      idle: ([from, to], [first, newest]) => (view.follow ? place() >= spans().length - 1
        : to - from >= Math.max(newest - first, view.span)) },
    earlier: { does: () => view.move(-0.5), idle: ([from], [first]) => from <= first },
    later: { does: () => view.move(0.5), idle: ([, to], [, newest]) => view.follow || to >= newest },
    all: { does: () => view.zoom(...view.kept()), idle: () => false },
  };

  const steps = () => all(part(root, "time"), "[data-step]");
  const spans = () => [...part(root, "window").options].filter(({ hidden }) => !hidden).map(({ value }) => Number(value));
  const place = () => spans().indexOf(view.span);

  /** @param {HTMLElement} button */
  function step(button) {
    if (button.ariaDisabled === "true") return;
    STEPS[button.dataset.step ?? ""].does();
    const [from, to] = view.range().map((time) => clock(new Date(time * 1000).toISOString()));
    announce(`${words()}, from ${from} to ${to}`);
  }

  function render() {
    const button = part(root, "pause");
    button.setAttribute("aria-pressed", String(!view.follow));
    setContent(button, icon(view.follow ? "pause" : "run"), el("span", {}, view.follow ? "Pause" : "Go on"));
    renderWindow();
    renderSteps();
  }

  /** The choice says what is shown, also where nobody chose it. */
  function renderWindow() {
    const [from, to] = view.range();
    const pick = part(root, "window");
    const other = /** @type {HTMLOptionElement} */ (pick.querySelector("[hidden]"));
    const known = spans().find((length) => Math.abs(length - (to - from)) < 0.05);
    if (known === undefined) setText(other, words());
    other.selected = known === undefined;
    if (known !== undefined) pick.value = String(known);
  }

  const words = () => {
    const [from, to] = view.range();
    return span(to - from);
  };

  /** Told by an attribute, not by switching off: a button that is switched off loses the keyboard's focus. */
  function renderSteps() {
    const [shown, all] = [view.range(), view.kept()];
    for (const button of steps()) button.ariaDisabled = String(STEPS[button.dataset.step ?? ""].idle(shown, all));
  }

  part(root, "window").addEventListener("change", () => view.setSpan(Number(part(root, "window").value)));
  part(root, "pause").addEventListener("click", () => (view.follow ? view.hold() : view.resume()));
  for (const button of steps()) button.addEventListener("click", () => step(button));
  view.on(render);
  store.on("samples", renderSteps);
  render();
}
