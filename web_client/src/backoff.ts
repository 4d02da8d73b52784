// When to try again: full-jitter exponential backoff, so that a room that lost its server does not
// come back as one wave. Close codes 4500-4999 are final; everything else is worth another try.

const BASE_MS = 500;
const CAP_MS = 15_000;
const FINAL_MIN = 4500;
const FINAL_MAX = 4999;

/** How long to wait before try number `attempt` (from 0); `random` is in [0, 1). */
export function backoffMs(attempt: number, random: number): number {
  const ceilingMs = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 20));
  return Math.floor(random * ceilingMs);
}

/** What a draining server asked for in its close reason, or null: it spreads the returns itself. */
export function hintedMs(closeReason: string): number | null {
  const found = /^retry_after_ms=(\d{1,6})$/.exec(closeReason);
  return found === null ? null : Number(found[1]);
}

export function isFinal(closeCode: number): boolean {
  return closeCode >= FINAL_MIN && closeCode <= FINAL_MAX;
}
