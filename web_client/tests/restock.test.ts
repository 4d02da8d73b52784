import { expect, test } from "vitest";

import { type Answer, NO_ANSWER, NO_CONNECTION, refused } from "../src/answer";
import { Restocking } from "../src/restock";
import type { Restock, SaleReply } from "../src/wire/types.gen";
import { aSale } from "./examples";

/** A storeroom whose answers are written down beforehand; then it always succeeds. */
function storeroom(answers: Answer<SaleReply>[]) {
  const asked: Restock[] = [];
  const waits: number[] = [];
  let nowMs = 1_795_000_000_000;
  return {
    asked,
    waits,
    nowMs: () => (nowMs += 5_000),
    restock: (body: Restock) => {
      asked.push(body);
      return Promise.resolve(answers.shift() ?? { ok: true as const, body: { sale: aSale() } });
    },
    wait: (delayMs: number) => Promise.resolve(void waits.push(delayMs)),
  };
}

test("a press after the connection dropped sends the same id", async () => {
  const room = storeroom([refused(NO_CONNECTION)]);
  const restocking = new Restocking("s1", room);
  expect((await restocking.send(10)).ok).toBe(false);
  expect((await restocking.send(10)).ok).toBe(true);
  expect(room.asked[1]).toEqual(room.asked[0]);
});

test("a silence is asked again by itself, a few times, with the same id", async () => {
  const room = storeroom(Array.from({ length: 9 }, () => refused(NO_ANSWER)));
  expect((await new Restocking("s1", room).send(10)).ok).toBe(false);
  expect(room.asked).toHaveLength(4);
  expect(new Set(room.asked.map((body) => body.restock_id)).size).toBe(1);
  expect(room.waits).toEqual([1000, 1000, 1000]);
});

test("a refusal is not asked again", async () => {
  const room = storeroom([refused("CUT_TOO_DEEP")]);
  expect((await new Restocking("s1", room).send(-99)).ok).toBe(false);
  expect(room.asked).toHaveLength(1);
});

test("each opened form has an id of its own", async () => {
  const room = storeroom([]);
  await new Restocking("s1", room).send(1);
  await new Restocking("s1", room).send(1);
  expect(room.asked[0]?.restock_id).not.toBe(room.asked[1]?.restock_id);
});
