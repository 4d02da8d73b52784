import { expect, test } from "vitest";

import { clockText } from "../src/duration";

test.each([
  [-5, "0:00"],
  [0, "0:00"],
  [1, "0:01"],
  [1000, "0:01"],
  [119_001, "2:00"],
  [600_000, "10:00"],
  [3_661_000, "1:01:01"],
])("%d ms left reads %s", (leftMs, text) => {
  expect(clockText(leftMs)).toBe(text);
});
