// Answers in the order of their questions.

/** Asks anew at each call; an answer that a newer one has overtaken is undefined: it would show what was before.
 * @template T
 * @param {() => Promise<T>} question
 * @returns {() => Promise<T | undefined>} */
export function inOrder(question) {
  let asked = 0;
  let newest = 0;
  return async () => {
    const mine = asked += 1;
    const answer = await question();
    if (mine < newest) return undefined;
    newest = mine;
    return answer;
  };
}
