import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { phase } from "../../src/store/phase";
import { aSale } from "../examples";

const RUNNING = { starts_at_ms: 1_000, ends_at_ms: 5_000 };

test.each([
  ["nobody has started it", {}, 0, "scheduled"],
  ["announced", RUNNING, 999, "counting"],
  ["at its start", RUNNING, 1_000, "open"],
  ["just before its end", RUNNING, 4_999, "open"],
  ["at its end", RUNNING, 5_000, "ended"],
  ["without an end", { starts_at_ms: 1_000 }, 9e15, "open"],
  ["nothing available", { ...RUNNING, available: 0, held: 10 }, 2_000, "sold_out"],
  ["paused", { ...RUNNING, paused: true }, 2_000, "paused"],
  ["paused and empty", { ...RUNNING, paused: true, available: 0 }, 2_000, "paused"],
  ["paused while counting", { ...RUNNING, paused: true }, 10, "counting"],
  ["paused, but over", { ...RUNNING, paused: true }, 6_000, "ended"],
  ["empty, but over", { ...RUNNING, available: 0 }, 6_000, "ended"],
  ["ended before anyone started it", { ends_at_ms: 100 }, 200, "ended"],
])("%s", (_name, changes, nowMs, expected) => {
  expect(phase(aSale(changes), nowMs)).toBe(expected);
});

test("the phases are those of inventory/pool.py", () => {
  const source = readFileSync(new URL("../../../inventory/pool.py", import.meta.url), "utf-8");
  const declared = /class Phase\(StrEnum\):([\s\S]*?)\n\n\n/.exec(source)?.[1] ?? "";
  const names = [...declared.matchAll(/^ {4}[A-Z_]+ = "(\w+)"/gm)].map((found) => found[1]);
  expect(names.sort()).toEqual(["counting", "ended", "open", "paused", "scheduled", "sold_out"]);
});
