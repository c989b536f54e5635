// The HTTP API, JSON in and out. Every failure becomes an ApiError with a sentence and a hint.

import { BOOT } from "./dom.js";

/** Where the API of the page's board is: each bay has all routes of its own. */
export const BASE = !BOOT?.bay || BOOT.bay === "main" ? "/api/v1/" : `/api/v1/bays/${encodeURIComponent(BOOT.bay)}/`;

export class ApiError extends Error {
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

const SMALL = 1000; // characters; a browser keeps 64 KiB of all bodies together

export async function call(method, path, body, timeoutMs = 20000) {
  let response;
  try {
    response = await fetch(`${BASE}${path}`, {
      method,
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      keepalive: method === "POST" && JSON.stringify(body ?? "").length < SMALL, // outlives a reload of the page
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch {
    throw new ApiError(STOPPED);
  }
  const data = await response.json().catch(() => null);
  if (!response.ok) throw problem(response, data ?? {});
  return data;
}

/** RFC 9457 problem JSON as an ApiError; a bare status where the answer is no problem document. */
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
export const api = {
  state: () => call("GET", "state"),
  runDiagnostic: (id) => call("POST", `diagnostics/${name(id)}/run?wait=0`, {}),
  cancelRun: (run) => call("POST", `runs/${name(run)}/cancel`, {}),
  startCheckup: (ids) => call("POST", "checkups", ids ? { diagnostics: ids } : {}),
  cancelCheckup: (id) => call("POST", `checkups/${name(id)}/cancel`, {}),
  ladder: () => call("POST", "connection/ladder", {}, 90000),
  reset: () => call("POST", "connection/reset", {}),
  trust: (fingerprint, reflashed) => call("POST", "connection/trust", { fingerprint, reflashed }),
  credentials: (form) => call("POST", "connection/credentials", form),
  answers: (answers) => call("POST", "connection/answers", { answers }),
  callNormal: (id, startedAt) => call("POST", `diagnostics/${name(id)}/normal`, { started_at: startedAt }),
  reloadCatalogue: () => call("POST", "catalogue/reload", {}),
  openLog: (source) => call("POST", "logs", source),
  logChoices: () => call("POST", "logs/choices", {}, 30000),
  logLines: (id, after, limit) => call("GET", `logs/${name(id)}/lines?after=${after}&limit=${limit}`),
  beat: (path) => call("POST", path, {}, 5000),
  live: () => call("GET", "live"),
  liveSamples: (after) => call("GET", `live/samples?after=${after}`),
  liveInterval: (seconds) => call("POST", "live/interval", { interval_s: seconds }),
  liveMarker: (note) => call("POST", "live/markers", { note }),
  beginWiggle: () => call("POST", "live/wiggles", {}),
  wiggle: (id) => call("GET", `live/wiggles/${name(id)}`),
  markWiggle: (id, note) => call("POST", `live/wiggles/${name(id)}/markers`, { note }),
  endWiggle: (id) => call("POST", `live/wiggles/${name(id)}/end`, {}),
  recordings: () => call("GET", "live/recordings"),
  recording: (id) => call("GET", `live/recordings/${name(id)}`),
  startRecording: (minutes) => call("POST", "live/recordings", { minutes }),
  stopRecording: (id) => call("POST", `live/recordings/${name(id)}/stop`, {}),
  connection: () => call("GET", "connection", undefined, 4000),
};
