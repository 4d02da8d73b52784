import { expect, test } from "vitest";

import { backoffMs, hintedMs, isFinal } from "../src/backoff";
import { CLOSE } from "../src/wire/types.gen";

test("the ceiling doubles and stops growing", () => {
  const ceilings = [0, 1, 2, 5, 10, 1000].map((attempt) => backoffMs(attempt, 0.999999));
  expect(ceilings).toEqual([499, 999, 1999, 14_999, 14_999, 14_999]);
});

test("full jitter: any moment from now to the ceiling", () => {
  expect(backoffMs(8, 0)).toBe(0);
  expect(backoffMs(8, 0.5)).toBe(7500);
});

test("codes from 4500 are final, all others are worth another try", () => {
  const codes = Object.entries(CLOSE);
  const final = codes.filter(([, code]) => isFinal(code)).map(([name]) => name);
  expect(final).toEqual(["BAD_TOKEN", "BAD_MESSAGE", "TOO_MANY", "FORBIDDEN", "UNKNOWN_ROOM"]);
  expect(isFinal(1006)).toBe(false);
});

test("a draining server says when to return; any other reason says nothing", () => {
  expect(hintedMs("retry_after_ms=1250")).toBe(1250);
  expect(["", "the server restarts", "retry_after_ms=", "retry_after_ms=9999999"].map(hintedMs)).toEqual([null, null, null, null]);
});
