// The chosen line in full: when, who, how bad, what it means, what to do.
import { button, clean, el, icon, part, setContent } from "../js/dom.js";
import { copyText } from "../js/copy.js";
import { asText, meaning, priorityWord, SEVERITIES } from "./rows.js";

/** @typedef {import("./store.js").Line} Line */


/** Answers showLine(line); null: none is chosen.
 * @param {ParentNode} root
 * @param {import("./clock.js").Clock} clock */
export function mountLine(root, clock) {
  /** @param {Line | null} line */
  function showLine(line) {
    const box = part(root, "line");
    box.hidden = !line;
    if (!line) return;
    const known = meaning(line);
    const severity = line.signature?.severity ?? "info";
    box.dataset.tone = known ? SEVERITIES[severity] : "off";
    const facts = [clock.moment(line).join(" ").trim(), priorityWord(line), line.unit].filter(Boolean).join(" · ");
    setContent(box,
      el("div.log-line-head", {},
        known ? el("strong", {}, icon(severity), ` ${known.title}`) : null,
        el("span.log-facts", {}, facts),
        button("Copy", "copy", (event) => copyText(`${asText(line, clock)}\n`, "Line", event.currentTarget), ".small.quiet"),
        button("", "close", () => close(), ".small.quiet", { "aria-label": "Close", title: "Close" })),
      el("pre.log-full", { tabindex: "0" }, clean(line.text)),
      known?.why ? el("p", {}, known.why) : null,
      known?.next_step ? el("p.step", {}, icon("next"), el("span", {}, known.next_step)) : null);
  }

  function close() {
    showLine(null);
    part(root, "lines").focus();
  }

  return showLine;
}
