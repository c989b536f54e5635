// What a page's pure modules look at of a browser, as little as they need: the vocabulary of the server, a
// place to keep things, and a fetch that answers from a list. Import this file before the module under test.

const kept = new Map();
const nowhere = () => {};

globalThis.document ??= {
  getElementById: (id) => (id === "ui-boot" ? { dataset: { boot: JSON.stringify(boot) } } : null),
  addEventListener: nowhere,
};
globalThis.addEventListener ??= nowhere;
globalThis.sessionStorage ??= {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, text) => kept.set(key, text),
  removeItem: (key) => kept.delete(key),
};

const boot = {
  vocabulary: {},
  diagnostics: [],
  headline: { code: "none", verdict: null, title: "No check-up yet", line: "", note: "", rest: [] },
  connection: { state: "idle", device: null },
};

/** Every request that was made, oldest first: {method, path, body}. */
export const asked = [];

/** Answer each request by answers(path, body): a value is JSON with status 200, an Error is no answer,
 *  {status, …} with a status of 400 or more is a problem. */
export function serve(answers) {
  asked.length = 0;
  globalThis.fetch = async (path, { method, body }) => {
    const sent = body === undefined ? undefined : JSON.parse(body);
    asked.push({ method, path, body: sent });
    const answer = await answers(path.replace("/api/v1/", ""), sent);
    if (answer instanceof Error) throw answer;
    const status = answer?.status >= 400 ? answer.status : 200;
    return new Response(JSON.stringify(answer), { status });
  };
}

/** Let everything that waits go on. */
export const settle = (ms = 0) => new Promise((done) => { setTimeout(done, ms); });
