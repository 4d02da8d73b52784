import { beforeEach, expect, test } from "vitest";

import { type Answer, NO_CONNECTION, refused } from "../src/answer";
import { newId } from "../src/ids";
import { ReceiptBook, RECEIPTS_MAX } from "../src/receipts";
import type { HoldView, Readmit, Reserved } from "../src/wire/types.gen";
import { aHold } from "./examples";
import { memoryStorage } from "./storage";

const NOW_MS = 1_795_000_000_000;

/** A server's desk, whose answers are written down beforehand. */
class Desk {
  nowMs = NOW_MS;
  answers: Answer<Reserved>[] = [];
  shown: string[] = [];
  back: HoldView[] = [];
  lost: string[] = [];
  waits: number[] = [];
  readonly storage = memoryStorage();

  open(): ReceiptBook {
    return new ReceiptBook(this.storage, "r", {
      nowMs: () => this.nowMs,
      readmit: (body) => this.#readmit(body),
      onBack: (reserved) => this.back.push(reserved.hold),
      onLost: (id, error) => this.lost.push(`${id} ${error.code}`),
      wait: (delayMs) => {
        this.waits.push(delayMs);
        return Promise.resolve();
      },
    });
  }

  #readmit(body: Readmit): Promise<Answer<Reserved>> {
    this.shown.push(body.receipt);
    return Promise.resolve(this.answers.shift() ?? refused("SOLD_OUT"));
  }
}

function back(id: string, changes: Partial<HoldView> = {}): Answer<Reserved> {
  const hold = aHold({ reservation_id: id, ...changes });
  return { ok: true, body: { hold, replayed: false, durability: "memory", receipt: `new ${id}` } };
}

let desk: Desk;
let id: string;
beforeEach(() => {
  desk = new Desk();
  id = newId(NOW_MS);
});

test("what the server lists is not shown", async () => {
  const book = desk.open();
  book.keep(id, "word");
  await book.present([aHold({ reservation_id: id })]);
  expect(desk.shown).toEqual([]);
});

test("what it does not list is shown, after a reload too, and comes back with a new receipt", async () => {
  desk.open().keep(id, "word");
  desk.answers = [back(id), back(id)];
  await desk.open().present([]);
  expect(desk.back.map((hold) => hold.reservation_id)).toEqual([id]);
  await desk.open().present([]);
  expect(desk.shown).toEqual(["word", `new ${id}`]);
});

test("a hold that is over needs no receipt", async () => {
  const book = desk.open();
  book.keep(id, "word");
  book.heard(aHold({ reservation_id: id, state: "paid" }));
  await book.present([]);
  expect(desk.shown).toEqual([]);
});

test("a receipt that is answered with a hold that is over is thrown away", async () => {
  const book = desk.open();
  book.keep(id, "word");
  desk.answers = [back(id, { state: "expired" })];
  expect(await book.show(id)).toBe(true);
  expect(await book.show(id)).toBe(false);
  expect(desk.back[0]?.state).toBe("expired");
});

test("a refusal for good is told once", async () => {
  const book = desk.open();
  book.keep(id, "word");
  expect(await book.show(id)).toBe(false);
  await book.present([]);
  expect(desk.lost).toEqual([`${id} SOLD_OUT`]);
  expect(desk.shown).toEqual(["word"]);
});

test.each(["STATE_LOST", "PAUSED", NO_CONNECTION])("%s keeps it for later", async (code) => {
  const book = desk.open();
  book.keep(id, "word");
  desk.answers = [refused(code), back(id)];
  await book.present([]);
  expect(desk.lost).toEqual([]);
  await book.present([]);
  expect(desk.back).toHaveLength(1);
});

test("a store that is away is asked again a few times, and later once more", async () => {
  const book = desk.open();
  book.keep(id, "word");
  const away: Answer<Reserved> = { ok: false, error: { code: "UNAVAILABLE", message: "", retry_after_ms: 700 } };
  desk.answers = [away, away, away, back(id)];
  expect(await book.show(id)).toBe(false);
  expect(desk.waits).toEqual([700, 700]);
  expect(await book.show(id)).toBe(true);
});

test("two who need it at once show it once", async () => {
  const book = desk.open();
  book.keep(id, "word");
  desk.answers = [back(id)];
  expect(await Promise.all([book.show(id), book.show(id)])).toEqual([true, true]);
  expect(desk.shown).toHaveLength(1);
});

test("few are kept, and none for longer than the server takes them", async () => {
  const book = desk.open();
  for (let i = 0; i < RECEIPTS_MAX + 5; i += 1) book.keep(newId(NOW_MS), "old");
  desk.nowMs += 80_000_000;
  book.keep(newId(desk.nowMs), "young");
  desk.answers = Array.from({ length: RECEIPTS_MAX }, () => refused(NO_CONNECTION));
  await book.present([]);
  expect(desk.shown).toHaveLength(RECEIPTS_MAX);
  desk.nowMs += 10_000_000;
  book.keep(newId(desk.nowMs), "younger");
  desk.shown = [];
  desk.answers = [refused(NO_CONNECTION), refused(NO_CONNECTION)];
  await book.present([]);
  expect(desk.shown).toEqual(["young", "younger"]);
});
