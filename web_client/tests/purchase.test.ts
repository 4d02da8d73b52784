import { beforeEach, expect, test } from "vitest";

import { type Answer, NO_ANSWER, NO_CONNECTION, refused } from "../src/answer";
import { GAVE_UP, Purchases } from "../src/purchase";
import type { Pending } from "../src/store/state";
import type { Reserve, Reserved } from "../src/wire/types.gen";
import { aHold } from "./examples";
import { memoryStorage } from "./storage";

/** A shop counter whose answers are written down beforehand. */
class Shop {
  nowMs = 1_795_000_000_000;
  answers: Answer<Reserved>[] = [];
  asked: string[] = [];
  wishes: (boolean | undefined)[] = []; // whether each would rather wait than get nothing
  pending: Pending[] = [];
  held: string[] = [];
  refusals: string[] = [];
  waits: number[] = [];
  readonly storage: Storage;

  constructor(storage: Storage) {
    this.storage = storage;
  }

  open(): Purchases {
    return new Purchases(this.storage, "r", {
      nowMs: () => this.nowMs,
      reserve: (body) => this.#reserve(body),
      onPending: (pending) => this.pending.push(pending),
      onHeld: (hold) => this.held.push(hold.reservation_id),
      onRefused: (error) => this.refusals.push(error.code),
      wait: (delayMs) => {
        this.waits.push(delayMs);
        this.nowMs += delayMs;
        return Promise.resolve();
      },
    });
  }

  #reserve(body: Reserve): Promise<Answer<Reserved>> {
    this.asked.push(body.reservation_id);
    this.wishes.push(body.or_wait);
    const answer = this.answers.shift() ?? held(body.reservation_id);
    return Promise.resolve(answer);
  }
}

function held(id: string): Answer<Reserved> {
  return { ok: true, body: { hold: aHold({ reservation_id: id }), replayed: false, durability: "memory" } };
}

/** Lets every promise that can settle do so. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

let shop: Shop;
beforeEach(() => {
  shop = new Shop(memoryStorage());
});

test("a press is pending at once and held when answered", async () => {
  shop.open().buy("s1", 1);
  expect(shop.pending).toHaveLength(1);
  await settled();
  expect(shop.held).toEqual(shop.asked);
});

test("a refusal is final and named", async () => {
  shop.answers = [refused("SOLD_OUT")];
  shop.open().buy("s1", 1);
  await settled();
  expect(shop.refusals).toEqual(["SOLD_OUT"]);
  shop.open().resume([]);
  await settled();
  expect(shop.asked).toHaveLength(1);
});

test("a store that is away is asked again with the same id, when it says", async () => {
  shop.answers = [
    { ok: false, error: { code: "UNAVAILABLE", message: "", retry_after_ms: 700 } },
    refused(NO_ANSWER),
  ];
  shop.open().buy("s1", 1);
  await settled();
  expect(new Set(shop.asked).size).toBe(1);
  expect(shop.asked).toHaveLength(3);
  expect(shop.waits).toEqual([700, 1000]);
  expect(shop.held).toHaveLength(1);
});

test("a dropped connection keeps it, and the next welcome sends the same id", async () => {
  shop.answers = [refused(NO_CONNECTION)];
  const purchases = shop.open();
  purchases.buy("s1", 1);
  await settled();
  expect(shop.held).toEqual([]);
  purchases.resume([]);
  await settled();
  expect(shop.asked).toHaveLength(2);
  expect(new Set(shop.asked).size).toBe(1);
  expect(shop.held).toHaveLength(1);
});

test("a reload finds it again", async () => {
  shop.answers = [refused(NO_CONNECTION)];
  shop.open().buy("s1", 2);
  await settled();
  const reloaded = shop.open();
  expect(shop.pending[1]).toEqual(shop.pending[0]);
  reloaded.resume([]);
  await settled();
  expect(new Set(shop.asked).size).toBe(1);
});

test("what the server already holds is not asked for again", async () => {
  shop.answers = [refused(NO_CONNECTION)];
  const purchases = shop.open();
  purchases.buy("s1", 1);
  await settled();
  purchases.resume([aHold({ reservation_id: shop.asked[0] ?? "" })]);
  await settled();
  expect(shop.asked).toHaveLength(1);
  expect(shop.held).toEqual(shop.asked);
});

test("news of the hold settles it before the answer does, once", async () => {
  const purchases = shop.open();
  purchases.buy("s1", 1);
  const id = shop.pending[0]?.reservation_id ?? "";
  purchases.heard(aHold({ reservation_id: id }));
  await settled();
  expect(shop.held).toEqual([id]);
});

test("a press long ago is not bought now", async () => {
  shop.answers = [refused(NO_CONNECTION)];
  const purchases = shop.open();
  purchases.buy("s1", 1);
  await settled();
  shop.nowMs += 61_000;
  purchases.resume([]);
  await settled();
  expect(shop.asked).toHaveLength(1);
  expect(shop.refusals).toEqual([GAVE_UP]);
});

test("a server that never answers is given up within about a minute", async () => {
  shop.answers = Array.from({ length: 200 }, () => refused(NO_ANSWER));
  shop.open().buy("s1", 1);
  await settled();
  expect(shop.refusals).toEqual([GAVE_UP]);
  expect(shop.asked.length).toBeLessThan(65);
});

test("storage that holds nonsense is an empty one", () => {
  shop.storage.setItem("kaibo.pending.r", "{not json");
  shop.open().buy("s1", 1);
  expect(shop.pending).toHaveLength(1);
});

test("asking for a place on the waitlist is asked again as what it was", async () => {
  shop.answers = [refused(NO_ANSWER)];
  shop.open().buy("s1", 1, true);
  await settled();
  expect(shop.pending).toMatchObject([{ or_wait: true }]);
  expect(shop.wishes).toEqual([true, true]);
  expect(new Set(shop.asked).size).toBe(1);
});
