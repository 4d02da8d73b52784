// The answer to a command: a reply, or a refusal. Refusals are values; nothing here throws.
import type { ErrorBody } from "./wire/types.gen";

export type Answer<Body> = { ok: true; body: Body } | { ok: false; error: ErrorBody };

/** Refusals that only this side can know: nothing came back, so the effect is unknown. */
export const NO_CONNECTION = "NO_CONNECTION";
export const NO_ANSWER = "NO_ANSWER";

const WORTH_RETRYING = new Set([
  NO_ANSWER,
  "UNAVAILABLE",
  "INTERNAL",
  "RATE_LIMITED",
  "TOO_MANY_IN_FLIGHT",
]);

export function refused(code: string): { ok: false; error: ErrorBody } {
  return { ok: false, error: { code, message: code } };
}

/** True when asking again with the same id may end differently. */
export function mayRetry(error: ErrorBody): boolean {
  return WORTH_RETRYING.has(error.code);
}
