import { expect, test } from "vitest";

import { doneCount, nextStep, shifted, ticked, without } from "../src/rundown";
import { shortcutOf } from "../src/shortcuts";
import { linesOf } from "../src/views/host/words";
import type { StepBody } from "../src/wire/types.gen";

const steps: StepBody[] = ["a", "b", "c"].map((id) => ({ step_id: id, op: "note", body: { text: id }, done: id === "a" }));
const ids = (list: readonly StepBody[]) => list.map((step) => step.step_id).join("");

test("the next step is the first that is not done", () => {
  expect(nextStep(steps)?.step_id).toBe("b");
  expect(doneCount(steps)).toBe(1);
  expect(nextStep(steps.map((step) => ({ ...step, done: true })))).toBeNull();
  expect(nextStep([])).toBeNull();
});

test("steps move by one, are taken out and ticked", () => {
  expect(ids(shifted(steps, "b", -1))).toBe("bac");
  expect(ids(shifted(steps, "b", 1))).toBe("acb");
  expect(ids(shifted(steps, "a", -1))).toBe("abc");
  expect(ids(shifted(steps, "none", 1))).toBe("abc");
  expect(ids(without(steps, "b"))).toBe("ac");
  expect(nextStep(ticked(steps, "a", false))?.step_id).toBe("a");
});

const plain = { ctrlKey: false, metaKey: false, altKey: false };

test("keys have their meaning, whatever the caps lock says", () => {
  expect(shortcutOf({ ...plain, key: "N" })).toEqual({ act: "next_step" });
  expect(shortcutOf({ ...plain, key: "3" })).toEqual({ act: "pin", number: 3 });
  expect(shortcutOf({ ...plain, key: "0" })).toEqual({ act: "unpin" });
  expect(shortcutOf({ ...plain, key: "?" })).toEqual({ act: "help" });
});

test("the browser keeps its own keys", () => {
  expect(shortcutOf({ ...plain, ctrlKey: true, key: "n" })).toBeNull();
  expect(shortcutOf({ ...plain, metaKey: true, key: "1" })).toBeNull();
  expect(shortcutOf({ ...plain, key: "Tab" })).toBeNull();
  expect(shortcutOf({ ...plain, key: "toString" })).toBeNull();
});

test("lines are trimmed, told apart, and empty ones left out", () => {
  expect(linesOf(" a \n\nb\r\na\n ")).toEqual(["a", "b"]);
});
