// Which moment of the broadcast this screen shows. The playlist says when each picture was taken
// (PROGRAM-DATE-TIME); the player says which picture it is at. Pure: the server's time is passed in.
//
// An encoder whose clock is wrong would make this wrong. A picture "from the future", or from longer
// ago than any live stream is, says that it is: then the moment is not known, and nothing waits for it.

const AHEAD_MAX_MS = 2_000; // what honest clocks may disagree by
const BEHIND_MAX_MS = 120_000;
const REPORT_KEPT_MS = 3_000; // a player that has gone silent is not believed for longer

export class StreamClock {
  #pictureMs: number | null = null;
  #heardAtMs = -Infinity;

  /** The player is at the picture taken at `pictureMs`, or does not know at which. */
  at(pictureMs: number | null, nowMs: number): void {
    this.#pictureMs = pictureMs;
    this.#heardAtMs = nowMs;
  }

  /** When what is on the screen now was taken, or null if that is not known. */
  shownMs(nowMs: number): number | null {
    const behindMs = this.behindMs(nowMs);
    return behindMs === null ? null : nowMs - behindMs;
  }

  /** How far the screen is behind the studio, or null if that is not known. */
  behindMs(nowMs: number): number | null {
    if (this.#pictureMs === null || nowMs - this.#heardAtMs > REPORT_KEPT_MS) return null;
    const behindMs = this.#heardAtMs - this.#pictureMs;
    if (behindMs < -AHEAD_MAX_MS || behindMs > BEHIND_MAX_MS) return null;
    return Math.max(0, behindMs);
  }
}
