// Requests whose body or answer is a file. Failures become an ApiError with a sentence and a hint.
import { ApiError } from "../js/api.js";

/** @param {string} path
 * @param {BodyInit} body
 * @param {string} [type]
 * @returns {Promise<Response>} */
export async function fetched(path, body, type) {
  let answer;
  try {
    answer = await fetch(path, { method: "POST", body, headers: { Accept: "application/json", ...(type ? { "Content-Type": type } : {}) } });
  } catch {
    throw new ApiError({ message: "The program on this laptop does not answer.", hint: "It may have been stopped. Start it again (python app.py)." });
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new ApiError({ message: told.detail ?? `The program answered ${answer.status}.`, hint: told.hint ?? "", code: told.code, status: answer.status });
}
