// The terminal's share of the API of one bay.
import { baseOf, call } from "../js/api.js";

/** @typedef {{
 *   list(): Promise<Api["Terminals"]>,
 *   open(size: Size): Promise<Api["Terminal"]>,
 *   reopen(id: string, size: Size, device?: string): Promise<Api["Terminal"]>,
 *   type(id: string, keys: Api["InputBody"], timeoutMs: number): Promise<void>,
 *   size(id: string, size: Size): Promise<Api["Terminal"]>,
 *   drawn(id: string, offset: number): Promise<void>,
 *   close(id: string): Promise<void>,
 *   output(id: string, from: number): Promise<Api["TerminalOutput"]>,
 *   diagnostics(): Promise<Api["Diagnostics"]>,
 * }} Calls */

/** @typedef {{cols: number, rows: number}} Size */

/** @param {string} id
 * @param {string} what */
const one = (id, what) => `terminals/${encodeURIComponent(id)}/${what}`;
const OPENING_MS = 40000; // a login may be on its way

/** @param {string} bay
 * @returns {Calls} */
export function callsOf(bay) {
  const base = baseOf(bay);
  /** @type {<T>(path: string) => Promise<T>} */
  const get = (path) => call("GET", path, undefined, undefined, base);
  /** @type {<T>(path: string, body: unknown, timeoutMs?: number) => Promise<T>} */
  const post = (path, body, timeoutMs) => call("POST", path, body, timeoutMs, base);
  return {
    list: () => get("terminals"),
    open: (size) => post("terminals", size, OPENING_MS),
    reopen: (id, size, device) => post(one(id, "reopen"), device ? { ...size, device } : size, OPENING_MS),
    type: (id, keys, timeoutMs) => post(one(id, "input"), keys, timeoutMs),
    size: (id, size) => post(one(id, "size"), size),
    drawn: (id, offset) => post(one(id, "drawn"), { offset }),
    close: (id) => post(one(id, "close"), {}),
    output: (id, from) => get(`${one(id, "output")}?from=${from}`),
    diagnostics: () => get("diagnostics"),
  };
}
