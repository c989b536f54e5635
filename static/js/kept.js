// What the browser keeps for a person: theme, favourites, whether to call. Where storage is off, nothing is kept.

/** @param {string} name
 * @param {any} [otherwise]
 * @returns {any} */
export function kept(name, otherwise = null) {
  try {
    return JSON.parse(localStorage.getItem(`v3-${name}`) ?? "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** @param {string} name
 * @param {any} value null: forget it. */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(`v3-${name}`);
    else localStorage.setItem(`v3-${name}`, JSON.stringify(value));
  } catch { /* storage is off in this browser: the choice lasts as long as the page */ }
}
