// A terminal's output as a page gets it: in order, each byte once, gaps filled by asking, whatever the
// stream lost. Tells the program how much was drawn, so that a flood waits for the screen.

/** @typedef {import("./calls.js").Calls} Calls */
const TOLD_BYTES = 64 << 10;
const AGAIN_MS = 1000;

/** @param {string} text */
function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const chars = atob(text);
  const bytes = new Uint8Array(chars.length);
  for (let at = 0; at < chars.length; at += 1) bytes[at] = chars.charCodeAt(at);
  return bytes;
}

export class Intake {
  /** calls: see calls.js. write(bytes, drawn): to the screen; drawn is called once that is on it.
   *  left(bytes): these are lost.
   * @param {Calls} calls
   * @param {string} id
   * @param {(bytes: Uint8Array, drawn: () => void) => void} write
   * @param {(bytes: number) => void} left */
  constructor(calls, id, write, left) {
    this.calls = calls;
    this.id = id;
    this.write = write;
    this.left = left;
    this.at = this.wanted = this.told = this.place = 0;
    this.filling = this.telling = this.over = false;
  }

  /** An event of the stream.
   * @param {{offset: number, data: string}} output */
  take({ offset, data }) {
    const bytes = bytesOf(data);
    this.wanted = Math.max(this.wanted, offset + bytes.length);
    if (this.filling) return; // it asks on until it has this too
    if (offset > this.at) this.fill();
    else this.put(bytes.subarray(this.at - offset));
  }

  /** @param {Uint8Array} bytes */
  put(bytes) {
    if (!bytes.length) return;
    this.at += bytes.length;
    const place = this.at;
    this.write(bytes, () => this.drawn(place));
  }

  /** Ask for all that is missing. */
  async fill(end = 0) {
    this.wanted = Math.max(this.wanted, end);
    if (this.filling || this.over) return;
    this.filling = true;
    try {
      while (this.at < this.wanted && !this.over) await this.ask();
    } catch (error) {
      if (/** @type {ApiError} */ (error).status !== 404) setTimeout(() => this.fill(), AGAIN_MS);
    } finally {
      this.filling = false;
    }
  }

  async ask() {
    const { offset, data, end } = await this.calls.output(this.id, this.at);
    if (offset > this.at) this.left(offset - this.at);
    this.at = Math.max(this.at, offset);
    this.wanted = Math.max(this.wanted, end);
    this.put(bytesOf(data).subarray(this.at - offset));
  }

  /** @param {number} place */
  drawn(place) {
    this.place = place;
    if (place - this.told >= TOLD_BYTES && !this.telling) this.tell();
  }

  async tell() {
    this.telling = true;
    this.told = this.place;
    await this.calls.drawn(this.id, this.told).catch(() => {});
    this.telling = false;
    if (this.place - this.told >= TOLD_BYTES) this.tell();
  }

  end() {
    this.over = true;
  }
}
