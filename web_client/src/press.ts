// A double tap is meant as one press. Between its two taps the answer may come and the button turn
// from "buy" into "pay": the second tap must not press what the first one made of the button.

const SETTLE_MS = 600; // longer than any double tap

export class SettlingButton {
  #kind: string | null = null;
  #sinceMs = -Infinity;

  /** What the button is now. What it is when first seen was not made by a press here. */
  becomes(kind: string, nowMs: number): void {
    if (kind === this.#kind) return;
    if (this.#kind !== null) this.#sinceMs = nowMs;
    this.#kind = kind;
  }

  /** True while a press would be of what the button was a moment ago. Only "held" is guarded: at the
   * start of a sale the first tap counts, however soon it comes. */
  settles(nowMs: number): boolean {
    return this.#kind === "held" && nowMs - this.#sinceMs < SETTLE_MS;
  }
}
