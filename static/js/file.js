// Files that the page makes and the browser keeps.

/** Give the person this file.
 * @param {Blob} blob
 * @param {string} name */
export function saveAs(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** A board's label as a part of a file's name.
 * @param {string} label */
export const inName = (label) => label.replace(/[^\w.-]+/g, "-").replace(/^-+|-+$/g, "");

/** "2026-11-28-16-04-05": a moment as a part of a file's name, by the reader's clock.
 * @param {Date} [time] */
export const stamp = (time = new Date()) => time.toLocaleString("sv").replace(/[ :]/g, "-");
