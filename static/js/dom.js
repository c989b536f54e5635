// Builds elements. Text from the device only ever becomes a text node, cleaned of terminal escapes;
// nothing here parses HTML.

const boot = document.getElementById("ui-boot");
/** @type {Boot} */
export const BOOT = JSON.parse(boot?.dataset.boot ?? "null");
export const WORDS = BOOT.vocabulary;
const SVG = "http://www.w3.org/2000/svg";

// Terminal escapes: CSI, strings (OSC, DCS, APC, PM, SOS; to their end or the end of the line), the rest.
const ESCAPES = new RegExp(
  "(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]?" +
  "|(?:\\u001b[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u0007\\u001b\\u009c\\n]*(?:\\u0007|\\u001b\\\\|\\u009c)?" +
  "|\\u001b[ -/]*[0-~]?", "g");
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** The text as it may be shown: each escape sequence is one "␛", each control character its picture.
 * @param {unknown} text */
export function clean(text) {
  return String(text ?? "").replace(/\r\n/g, "\n").replace(ESCAPES, "␛").replace(CONTROLS, (char) => {
    const code = char.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "␡" : `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

/** el("p.hint", {title: "x", onclick: f}, "text", child): attributes; functions are listeners; false is left out.
 * @template {string} N
 * @param {N} name
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {Made<N>} */
export function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, clean(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : clean(child))));
  return /** @type {any} */ (node);
}

/** An icon of the page's sprite (_icons.svg).
 * @param {string} name */
export function icon(name, extra = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** @param {string} label
 * @param {string} iconName
 * @param {(event: MouseEvent) => void} onclick
 * @param {string} [extra]
 * @param {Attributes} [attributes] */
export function button(label, iconName, onclick, extra = "", attributes = {}) {
  return el(`button.button${extra}`, { type: "button", onclick, ...attributes }, icon(iconName), el("span", {}, label));
}

/** The element of this id. The templates hold what the scripts ask for; the browser tests show it.
 * @param {string} id */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** The part of a board's card that a script looks after, wherever the card stands.
 * @template {string} N
 * @param {ParentNode} root
 * @param {N} name
 * @returns {In<Parts, N>} */
export const part = (root, name) => /** @type {any} */ (root.querySelector(`[data-part="${name}"]`));

/** The part of `root` that is filled under this name.
 * @template {string} N
 * @param {ParentNode} root
 * @param {N} name
 * @returns {In<Slots, N>} */
export const slot = (root, name) => /** @type {any} */ (root.querySelector(`[data-slot="${name}"]`));

/** All elements under `root` that fit.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement[]} */
export const all = (root, selector) => [.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(selector))];

/** What names a row in the address of its board's page: the query for the program, which hears nothing behind a "#".
 * @param {string} id */
export const addressOf = (id) => `?row=${encodeURIComponent(id)}#${encodeURIComponent(id)}`;

/** Whether somebody types there: keys are not the page's then.
 * @param {EventTarget | null} node */
export const typing = (node) => node instanceof HTMLElement
  && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));

/** Set text only where it differs, so that screen readers and selections are left alone.
 * @param {Node | null | undefined} node
 * @param {unknown} text */
export function setText(node, text) {
  const shown = clean(text);
  if (node && node.textContent !== shown) node.textContent = shown;
}

/** @param {Element} node
 * @param {...Child} children */
export function setContent(node, ...children) {
  const shown = children.flat().filter(Boolean);
  node.replaceChildren(...shown.map((child) => (child instanceof Node ? child : clean(child))));
}

/** @type {number | undefined} */
let announceTimer;
/** Say it to screen readers, politely.
 * @param {string} text */
export function announce(text) {
  clearTimeout(announceTimer);
  announceTimer = setTimeout(() => setText(byId("ui-announce"), text), 150);
}
