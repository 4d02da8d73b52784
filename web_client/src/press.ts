// A double tap is meant as one press. Between its two taps the answer may come and the button turn
// from "buy" into "pay": the second tap must not press what the first one made of the button.

// From "buy" to "held", or to "sold out", whose press asks for a place on the waitlist; and from there.
const GUARDED = new Set(["held", "sold_out", "waiting"]);
export const SETTLE_MS = 600; // longer than any double tap

export class SettlingButton {
  #kind: string | null = null;
  #sinceMs = -Infinity;

  /** What the button is now. What it is when first seen was not made by a press here. */
  becomes(kind: string, nowMs: number): void {
    if (kind === this.#kind) return;
    if (this.#kind !== null) this.#sinceMs = nowMs;
    this.#kind = kind;
  }

  /** True while a press would be of what the button was a moment ago. Only what one press
   * may lead to is guarded: at the start of a sale the first tap counts, however soon it comes. */
  settles(nowMs: number): boolean {
    return GUARDED.has(this.#kind ?? "") && nowMs - this.#sinceMs < SETTLE_MS;
  }
}
