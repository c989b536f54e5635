// What a person types, in order and once: one request at a time, what comes meanwhile goes with the next.
// A request without an answer is sent again under the same number, which the program types once. What
// cannot be typed soon is dropped and said: it must not run minutes later, and never in another shell.
// Meanwhile keys wait here, and the page says so.

/** @typedef {import("./calls.js").Calls} Calls */

const MOST_CHARS = 4096;
const PATIENCE_MS = 5000;
const AGAIN_MS = 250;
const SLOW_MS = 1000;
/** Without an answer nobody knows whether it was typed. */
export const UNANSWERED = ["page-offline", "no-answer"];

/** @param {number} ms */
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

export class Typing {
  /** calls: see calls.js. failed(error): what was typed last did not reach the shell. waits(yes): keys wait here, since
   * nobody takes them.
   * @param {Calls} calls
   * @param {string} id
   * @param {(error: ApiError) => void} failed
   * @param {(yes: boolean) => void} [waits] */
  constructor(calls, id, failed, waits = () => {}) {
    this.calls = calls;
    this.id = id;
    this.failed = failed;
    this.waits = waits;
    this.shell = this.seq = 0;
    this.queue = this.writer = "";
    this.busy = false;
    this.anew();
  }

  anew() {
    this.writer = crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16)).join("");
    this.seq = 0;
  }

  /** The shell that gets what is typed from now on; 0: none.
   * @param {number} shell */
  into(shell) {
    if (shell === this.shell) return;
    this.shell = shell;
    this.queue = "";
    this.anew();
  }

  /** @param {string} text */
  push(text) {
    if (!this.shell) return;
    this.queue += text;
    this.pump();
  }

  async pump() {
    if (this.busy) return;
    this.busy = true;
    while (this.queue) {
      const { writer, shell } = this;
      const keys = { data: this.next(), shell, writer, seq: ++this.seq };
      const slow = setTimeout(() => this.waits(true), SLOW_MS);
      const error = await this.deliver(keys);
      clearTimeout(slow);
      this.waits(false);
      if (error && writer === this.writer) {
        this.queue = "";
        this.anew();
        this.failed(error);
      }
    }
    this.busy = false;
  }

  next() {
    let cut = Math.min(this.queue.length, MOST_CHARS);
    if (cut < this.queue.length && /[\ud800-\udbff]/.test(this.queue[cut - 1])) cut -= 1;
    const piece = this.queue.slice(0, cut).toWellFormed();
    this.queue = this.queue.slice(cut);
    return piece;
  }

  /** Nothing, or why it was not typed.
   * @param {Api["InputBody"]} keys */
  async deliver(keys) {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        await this.calls.type(this.id, keys, Math.max(1, until - performance.now()));
        return null;
      } catch (error) {
        const failed = /** @type {ApiError} */ (error);
        const over = performance.now() > until || keys.writer !== this.writer;
        if (over || !UNANSWERED.includes(failed.code)) return failed;
        await wait(AGAIN_MS);
      }
    }
  }
}
