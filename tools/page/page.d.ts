// Names that the page's scripts may use in their JSDoc types, and what the browser has beyond TypeScript's lib.
import type { components } from "./api";

declare global {
  /** The API's models, made from its OpenAPI document: Api["Result"], Api["LinkStatus"], … */
  type Api = components["schemas"];
  /** uPlot is loaded by a script element of the page Live. */
  const uPlot: any;
  interface Uint8ArrayConstructor {
    /** Newer browsers only. */
    fromBase64?(text: string): Uint8Array<ArrayBuffer>;
  }
  interface Element {
    /** A row of the log list carries its line. */
    line?: any;
  }
}
