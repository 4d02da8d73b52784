import { expect, test } from "vitest";

import { isAhead, parted } from "../src/curtain";
import { reduce } from "../src/store/reduce";
import { EMPTY } from "../src/store/state";
import type { EventMessage, SaleView } from "../src/wire/types.gen";
import { aComment, aHold, aSale, aWelcome } from "./examples";

const SAID = 1_000_000;
const ROOM = reduce(EMPTY, aWelcome());
const LATE = { shownMs: SAID - 15_000, nowMs: SAID + 5_000 }; // 20 s behind, 5 s after it was said

const PIN: EventMessage = ["event", "pin", 4, SAID, { product_id: "p1" }];

function saleNews(changes: Partial<SaleView>): EventMessage {
  return ["event", "sale", 5, SAID, { sale: aSale(changes) }];
}

function pinAt(saidMs: number): EventMessage {
  return ["event", "pin", saidMs, saidMs, { product_id: "p1" }];
}

test("what the host announces waits until the picture is there", () => {
  expect(isAhead(PIN, ROOM, LATE)).toBe(true);
  expect(isAhead(saleNews({ starts_at_ms: SAID + 10_000, version: 2 }), ROOM, LATE)).toBe(true);
  expect(isAhead(PIN, ROOM, { shownMs: SAID, nowMs: SAID + 20_000 })).toBe(false);
});

test("what was decided never waits", () => {
  const running = reduce(ROOM, ["sale", aSale({ starts_at_ms: 1, version: 2 })]);
  const stock = { sale_id: "s1", total: 10, available: 0, held: 10, sold: 0, version: 9 };
  const decided: EventMessage[] = [
    saleNews({ starts_at_ms: 1, ends_at_ms: 2, version: 3 }), // ended
    saleNews({ starts_at_ms: 1, paused: true, version: 3 }),
    ["event", "stock", null, SAID, { stock }],
    ["event", "hold", null, SAID, { hold: aHold() }],
    ["event", "comment", 6, SAID, { comment: aComment("c9") }],
  ];
  expect(decided.filter((event) => isAhead(event, running, LATE))).toEqual([]);
});

test("a sale nobody has heard of is taken at once, so that its stock is followed", () => {
  expect(isAhead(saleNews({ sale_id: "new" }), ROOM, LATE)).toBe(false);
});

test("nothing waits where the picture's time is not known, and nothing for more than a minute", () => {
  expect(isAhead(PIN, ROOM, { shownMs: null, nowMs: SAID + 1 })).toBe(false);
  expect(isAhead(PIN, ROOM, { shownMs: SAID - 100_000, nowMs: SAID + 60_000 })).toBe(false);
});

test("the curtain parts in the order in which things were said", () => {
  const curtain = [pinAt(SAID), pinAt(SAID + 1_000), pinAt(SAID + 2_000)];
  const { due, rest } = parted(curtain, { shownMs: SAID + 1_500, nowMs: SAID + 20_000 });
  expect(due.map((event) => event[3])).toEqual([SAID, SAID + 1_000]);
  expect(rest.map((event) => event[3])).toEqual([SAID + 2_000]);
  expect(parted(rest, { shownMs: null, nowMs: SAID + 20_000 }).rest).toEqual([]);
});

test("behind the curtain is room for only so much", () => {
  const many = Array.from({ length: 70 }, (_, index) => pinAt(SAID + index));
  const { due, rest } = parted(many, LATE);
  expect([due.length, rest.length]).toEqual([6, 64]);
});
