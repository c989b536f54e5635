// The terminal's share of the API.
import { call } from "../js/api.js";

const one = (id, what) => `terminals/${encodeURIComponent(id)}/${what}`;
const OPENING_MS = 40000; // a login may be on its way

export const calls = {
  list: () => call("GET", "terminals"),
  open: (size) => call("POST", "terminals", size, OPENING_MS),
  reopen: (id, size, device) => call("POST", one(id, "reopen"), device ? { ...size, device } : size, OPENING_MS),
  type: (id, keys) => call("POST", one(id, "input"), keys, 8000),
  size: (id, size) => call("POST", one(id, "size"), size),
  drawn: (id, offset) => call("POST", one(id, "drawn"), { offset }),
  close: (id) => call("POST", one(id, "close"), {}),
  output: (id, from) => call("GET", `${one(id, "output")}?from=${from}`),
  diagnostics: () => call("GET", "diagnostics"),
};
