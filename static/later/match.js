// Which of many named things somebody means by a few letters. Pure.

/** Those that have every word in title or words, the best first; without words all, as they were.
 * @template {{title: string, words: string}} T
 * @param {T[]} all
 * @param {string} wanted
 * @returns {T[]} */
export function ranked(all, wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return all;
  return all.map((each, place) => ({ each, place, score: score(each, words) }))
    .filter((found) => found.score > 0)
    .sort((a, b) => b.score - a.score || a.place - b.place)
    .map((found) => found.each);
}

/** 0: one of the words is missing. A title's beginning counts most, then a word's, then anywhere, then the rest.
 * @param {{title: string, words: string}} each
 * @param {string[]} words */
function score({ title, words: more }, words) {
  const name = title.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const at = name.indexOf(word);
    if (at === 0) sum += 8;
    else if (at > 0) sum += /[\s/(-]/.test(name[at - 1]) ? 5 : 3;
    else if (more.toLowerCase().includes(word)) sum += 1;
    else return 0;
  }
  return sum;
}
