import { expect, test } from "vitest";

import { momentText } from "../src/moment";

const NOW_MS = new Date(2026, 10, 22, 9, 30).getTime(); // here, wherever here is

test.each([
  ["today", new Date(2026, 10, 22, 8, 5, 4), "08:05:04"],
  ["yesterday, though less than a day ago", new Date(2026, 10, 21, 23, 59, 0), "Nov 21 23:59:00"],
  ["another year", new Date(2025, 10, 22, 8, 5, 4), "Nov 22, 2025 08:05:04"],
])("%s", (_when, moment, text) => {
  expect(momentText(moment.getTime(), NOW_MS, "en")).toBe(text);
});

test("the date is written as the language does", () => {
  expect(momentText(new Date(2026, 10, 21, 8, 5, 4).getTime(), NOW_MS, "zh-CN")).toBe("11月21日 08:05:04");
});
