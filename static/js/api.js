// The HTTP API, JSON in and out. Every failure becomes an ApiError with a sentence and a hint.
import { BOOT } from "./dom.js";

/** Where the API of the whole program is. */
export const PROGRAM = "/api/v1/";

/** Where the API of a bay is: each bay has all routes of its own.
 * @param {string} [bay] */
export const baseOf = (bay) => (!bay || bay === "main" ? PROGRAM : `${PROGRAM}bays/${encodeURIComponent(bay)}/`);

/** Of the bay that the page was made for. */
export const BASE = baseOf(BOOT?.bay);

export class ApiError extends Error {
  code = "";
  hint = "";
  /** @type {Record<string, unknown>} */
  details = {};
  status = 0;

  /** @param {Partial<ApiError> & {message: string}} told */
  constructor({ code = "error", message, hint = "", details = {}, status = 0 }) {
    super(message);
    Object.assign(this, { code, hint, details, status });
  }
}

const STOPPED = {
  code: "page-offline",
  message: "The program on this laptop does not answer.",
  hint: "It may have been stopped. Start it again (python app.py); this page connects by itself.",
};

const TOO_LATE = "too-late"; // nothing was done
/** The program's clock less this page's, in ms; null until an answer told it (utils/web/late.py). A command that comes
 * when this page waits no more is not carried out: the program may stand still for minutes.
 * @type {number | null} */
let ahead = null;

/** @param {Response} response */
function setClock(response) {
  const told = Number(response.headers.get("V3-Clock"));
  if (told) ahead = told - performance.now();
}

const SMALL = 1000; // characters; a browser keeps 64 KiB of all bodies together

/** @template [T=unknown]
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {number} [timeoutMs]
 * @param {string} [base]
 * @returns {Promise<T>} what the API answers with (tools/page/api.d.ts) */
export async function call(method, path, body, timeoutMs = 20000, base = BASE) {
  const until = performance.now() + timeoutMs;
  try {
    return await asked(method, path, body, until, base);
  } catch (error) {
    if (/** @type {ApiError} */ (error).code !== TOO_LATE || performance.now() > until) throw error;
    return asked(method, path, body, until, base); // this page's clock slept: by its answer it is right now
  }
}

/** @param {string} method
 * @param {string} path
 * @param {unknown} body
 * @param {number} until
 * @param {string} base */
async function asked(method, path, body, until, base) {
  let response;
  try {
    response = await fetch(`${base}${path}`, {
      method,
      headers: {
        Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(method === "GET" || ahead === null ? {} : { "V3-Waits-Until": String(Math.floor(until + ahead)) }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      keepalive: method === "POST" && JSON.stringify(body ?? "").length < SMALL, // outlives a reload of the page
      signal: AbortSignal.timeout(Math.max(1, Math.ceil(until - performance.now()))),
    });
  } catch {
    throw new ApiError(STOPPED);
  }
  setClock(response);
  const data = await response.json().catch(() => null);
  if (!response.ok) throw problem(response, data ?? {});
  return data;
}

/** RFC 9457 problem JSON as an ApiError; a bare status where the answer is no problem document.
 * @param {Response} response
 * @param {Partial<Api["Problem"]>} data */
function problem(response, data) {
  const wait = response.headers.get("Retry-After");
  return new ApiError({
    code: data.code ?? `http-${response.status}`,
    message: data.detail ?? data.title ?? `The program answered ${response.status} ${response.statusText}.`,
    hint: [data.hint, wait ? `Try again in ${wait} s.` : ""].filter(Boolean).join(" "),
    details: data.details ?? {},
    status: response.status,
  });
}

const name = encodeURIComponent;
/** The API of one bay.
 * @param {string} bay
 * @returns {ApiOfBay} */
export function apiOf(bay) {
  const base = baseOf(bay);
  /** @type {<T>(method: string, path: string, body?: unknown, timeoutMs?: number) => Promise<T>} */
  const ask = (method, path, body, timeoutMs) => call(method, path, body, timeoutMs, base);
  return {
    state: (results = true) => ask("GET", results ? "state" : "state?results=0"),
    runDiagnostic: (id) => ask("POST", `diagnostics/${name(id)}/run?wait=0`, {}),
    resultText: (run) => ask("GET", `runs/${name(run)}/text`),
    cancelRun: (run) => ask("POST", `runs/${name(run)}/cancel`, {}),
    startCheckup: (ids) => ask("POST", "checkups", ids ? { diagnostics: ids } : {}),
    cancelCheckup: (id) => ask("POST", `checkups/${name(id)}/cancel`, {}),
    ladder: () => ask("POST", "connection/ladder", {}, 90000),
    reset: () => ask("POST", "connection/reset", {}),
    trust: (fingerprint, reflashed) => ask("POST", "connection/trust", { fingerprint, reflashed }),
    credentials: (form) => ask("POST", "connection/credentials", form),
    testLogin: () => ask("POST", "connection/test", {}, 60000),
    answers: (answers, question) => ask("POST", "connection/answers", { answers, question }),
    callNormal: (id, startedAt) => ask("POST", `diagnostics/${name(id)}/normal`, { started_at: startedAt }),
    reloadCatalogue: () => ask("POST", "catalogue/reload", {}),
    openLog: (source) => ask("POST", "logs", source),
    logChoices: () => ask("POST", "logs/choices", {}, 30000),
    logLines: (id, after, limit) => ask("GET", `logs/${name(id)}/lines?after=${after}&limit=${limit}`),
    beat: (path) => ask("POST", path, {}, 5000),
    live: () => ask("GET", "live"),
    liveSamples: (after) => ask("GET", `live/samples?after=${after}`),
    liveInterval: (seconds) => ask("POST", "live/interval", { interval_s: seconds }),
    liveMarker: (note) => ask("POST", "live/markers", { note }),
    beginWiggle: () => ask("POST", "live/wiggles", {}),
    wiggle: (id) => ask("GET", `live/wiggles/${name(id)}`),
    markWiggle: (id, note) => ask("POST", `live/wiggles/${name(id)}/markers`, { note }),
    endWiggle: (id) => ask("POST", `live/wiggles/${name(id)}/end`, {}),
    recordings: () => ask("GET", "live/recordings"),
    recording: (id) => ask("GET", `live/recordings/${name(id)}`),
    startRecording: (minutes) => ask("POST", "live/recordings", { minutes }),
    stopRecording: (id) => ask("POST", `live/recordings/${name(id)}/stop`, {}),
    connection: () => ask("GET", "connection", undefined, 4000),
  };
}

/** Of the board that the page was made for. */
export const api = apiOf(BOOT.bay);
