import { expect, test } from "vitest";

import { SettlingButton } from "../src/press";

/** A button as it is pressed: what each press was of, or null where it was ignored. */
function pressed(steps: [kind: string, pressMs: number][]): (string | null)[] {
  const button = new SettlingButton();
  return steps.map(([kind, pressMs]) => {
    button.becomes(kind, pressMs);
    return button.settles(pressMs) ? null : kind;
  });
}

test("the second tap of a double tap does not pay for what the first one bought", () => {
  expect(pressed([["buy", 0], ["buying", 20], ["held", 180]])).toEqual(["buy", "buying", null]);
});

test("a press that is meant pays", () => {
  expect(pressed([["buy", 0], ["held", 180], ["held", 700], ["held", 780]])).toEqual(["buy", null, null, "held"]);
});

test("what was held when the page opened can be paid for at once", () => {
  expect(pressed([["held", 0]])).toEqual(["held"]);
});

test("the first tap at the start of a sale counts, however soon", () => {
  expect(pressed([["counting", 0], ["buy", 10]])).toEqual(["counting", "buy"]);
});

test("nor does it ask for a place on the waitlist when the first one came too late", () => {
  expect(pressed([["buy", 0], ["buying", 20], ["sold_out", 180]])).toEqual(["buy", "buying", null]);
});
