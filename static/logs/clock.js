// When a line was: on the device's clock or on the laptop's, as the person chose on this page.

/** @typedef {import("./store.js").Line} Line */

export class Clock {
  /** @type {string} */
  who = "device"; // or "laptop"
  zoneMs = 0;
  aheadMs = 0;

  /** How the log's device differs from the laptop.
   * @param {Pick<Api["Log"], "zone" | "clock_ahead_s">} log */
  set(log) {
    const match = /^([+-])(\d\d)(\d\d)$/.exec(log.zone || "+0000");
    this.zoneMs = match ? (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60000 : 0;
    this.aheadMs = log.clock_ahead_s * 1000;
  }

  /** The moment as [date, time of day with milliseconds]; a mark's is the laptop's, a line's the device's.
   * @param {Pick<Line, "time_ms" | "mark">} line */
  moment(line) {
    if (line.time_ms === null) return ["", ""];
    const laptop = line.mark ? line.time_ms : line.time_ms - this.aheadMs;
    const local = this.who === "laptop"
      ? laptop - new Date(laptop).getTimezoneOffset() * 60000
      : laptop + this.aheadMs + this.zoneMs;
    const date = new Date(local);
    if (Number.isNaN(date.getTime())) return ["", ""];
    const iso = date.toISOString();
    return [iso.slice(0, 10), iso.slice(11, 23)];
  }
}
