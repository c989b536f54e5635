// What a device's output must not do to the laptop or to the shell. Whatever it holds, nothing is typed
// that a person did not type. xterm's answers to queries are dropped twice. The queries are swallowed, and
// only what xterm itself marks as a person's input goes through. No clipboard, no colours of the page's own
// ground, no window reports.

const CSI = [
  { final: "c" }, { prefix: ">", final: "c" }, { prefix: "=", final: "c" }, // what are you
  { final: "n" }, { prefix: "?", final: "n" }, // status, cursor position
  { prefix: ">", final: "q" }, // version
  { intermediates: "$", final: "p" }, { prefix: "?", intermediates: "$", final: "p" }, // modes
  { final: "t" }, // window: sizes, title reports
  { final: "x" }, { prefix: "?", final: "u" }, // parameters, keyboard protocol
];
const DCS = [{ intermediates: "$", final: "q" }, { intermediates: "+", final: "q" }]; // settings, capabilities
// Colour queries and settings, working folder, notifications, clipboard, files.
const OSC = [
  4, 5, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 50, 52, 99, 104, 105, 110, 111, 112, 777, 1337,
];
const LINK = /^https?:$/;
// Finals whose number says how often: erase, insert, delete, scroll, tab, repeat. xterm does each one by one.
const COUNTED = [..."@ILMPSTXZb"].map((final) => ({ final })).concat(
  [..."@A"].map((final) => ({ intermediates: " ", final })), [..."}~"].map((final) => ({ intermediates: "'", final })));
const MOST_TIMES = 9999; // more than any screen has rows or columns
const MARKS = /([\p{M}\u200b-\u200f\u2060\ufeff]{16})[\p{M}\u200b-\u200f\u2060\ufeff]+/gu;

/** send(text): what a person typed, pasted or did with the mouse; nothing else reaches it.
 * @param {XTerm} term
 * @param {(text: string) => void} send */
export function guard(term, send) {
  for (const id of COUNTED) term.parser.registerCsiHandler(id, (numbers) => numbers.flat().some((n) => n > MOST_TIMES));
  for (const id of CSI) term.parser.registerCsiHandler(id, () => true);
  for (const id of DCS) term.parser.registerDcsHandler(id, () => true);
  for (const id of OSC) term.parser.registerOscHandler(id, () => true);
  let byHand = false;
  // The vendored version's own mark; there is no public one. Without it nothing may be typed at all.
  term._core.coreService.onUserInput(() => {
    byHand = true;
  });
  term.onData((data) => {
    if (byHand) send(data);
    byHand = false;
  });
}

/** Bytes as text whose heaps of combining marks are cut. xterm draws a letter with all its marks again for each. */
export function tamed() {
  const decoder = new TextDecoder();
  return (/** @type {Uint8Array} */ bytes) => decoder.decode(bytes, { stream: true }).replace(MARKS, "$1");
}

/** The address of a link that may be opened, or null: only http and https, whatever the text says.
 * @param {string} text */
export function safeLink(text) {
  try {
    const url = new URL(text);
    return LINK.test(url.protocol) && !url.username && !url.password ? url.href : null;
  } catch {
    return null;
  }
}

/** A title that the device chose: one short line. (Text nodes clean the rest.)
 * @param {string} text */
export const safeTitle = (text) => [...text.replace(/\s+/g, " ").trim()].slice(0, 60).join("");

// Everything but tab and line breaks: an escape in a paste could end the paste and type the rest.
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Text that may be pasted.
 * @param {string} text */
export const safePaste = (text) => text.replace(/\r\n?/g, "\n").replace(CONTROLS, "").toWellFormed();
