import { expect, test } from "vitest";

import { featured, saleOf } from "../../src/store/featured";
import { offer } from "../../src/store/offer";
import { reduce } from "../../src/store/reduce";
import { EMPTY, type RoomState, type Sale } from "../../src/store/state";
import type { HoldView, SaleView } from "../../src/wire/types.gen";
import { aHold, aSale, aRoom, aWelcome } from "../examples";

const OPEN = { starts_at_ms: 1_000, ends_at_ms: 500_000 };
const NOW = 2_000;

function sale(changes: Partial<SaleView> = {}): Sale {
  const view = aSale({ ...OPEN, ...changes });
  return { ...view, termsVersion: view.version };
}

function knowing(...holds: HoldView[]): RoomState {
  return holds.reduce((state, hold) => reduce(state, ["hold", hold]), EMPTY);
}

test.each([
  ["scheduled", { starts_at_ms: null, ends_at_ms: null }],
  ["counting", { starts_at_ms: 9_000 }],
  ["buy", {}],
  ["sold_out", { available: 0, held: 10 }],
  ["paused", { paused: true }],
  ["ended", { ends_at_ms: 1_500 }],
])("a stranger is offered %s", (kind, changes) => {
  expect(offer(sale(changes), EMPTY, NOW).kind).toBe(kind);
});

test("an unanswered press is shown before anything else", () => {
  const pending = { reservation_id: "h9", lines: [{ sale_id: "s1", quantity: 1 }] };
  const state = reduce(knowing(aHold()), ["pending", pending]);
  expect(offer(sale({ available: 0 }), state, NOW).kind).toBe("buying");
});

test("a hold is yours even when the sale is sold out or over", () => {
  const state = knowing(aHold());
  expect(offer(sale({ available: 0 }), state, NOW)).toMatchObject({ kind: "held", untilMs: 121_000 });
  expect(offer(sale({ ends_at_ms: 1_500 }), state, NOW).kind).toBe("held");
});

test("a hold past its deadline is yours no more", () => {
  expect(offer(sale(), knowing(aHold()), 121_000).kind).toBe("buy");
});

test("what was bought is shown until more may be bought", () => {
  const state = knowing(aHold({ state: "paid" }));
  expect(offer(sale(), state, NOW).kind).toBe("paid");
  expect(offer(sale({ per_buyer_max: 2 }), state, NOW).kind).toBe("buy");
  expect(offer(sale({ per_buyer_max: 2, available: 0 }), state, NOW).kind).toBe("paid");
});

test("a limit the server named holds while the sale is open", () => {
  const state = reduce(EMPTY, ["limited", ["s1"]]);
  expect(offer(sale(), state, NOW).kind).toBe("limit");
  expect(offer(sale({ ends_at_ms: 1_500 }), state, NOW).kind).toBe("ended");
});

test("a press for a place on the waitlist is not said to be a purchase", () => {
  const pending = { reservation_id: "h9", lines: [{ sale_id: "s1", quantity: 1 }], or_wait: true };
  expect(offer(sale({ available: 0 }), reduce(EMPTY, ["pending", pending]), NOW).kind).toBe("joining");
});

test("a place on the waitlist lasts until a unit is offered or the sale is over", () => {
  const waiting = aHold({ state: "waiting", deadline_ms: 500_000 });
  const state = knowing(waiting);
  expect(offer(sale({ available: 0 }), state, NOW).kind).toBe("waiting");
  expect(offer(sale({ available: 1 }), state, NOW).kind).toBe("waiting"); // those in front come first
  expect(offer(sale(), state, 500_000).kind).toBe("ended");
  const offered = reduce(state, ["hold", aHold({ offered: true, deadline_ms: 62_000 })]);
  expect(offer(sale({ available: 0 }), offered, NOW)).toMatchObject({ kind: "held", untilMs: 62_000 });
  expect(reduce(offered, ["hold", waiting]).holds.get("h1")?.state).toBe("held"); // late news
});

test("holds of other sales say nothing about this one", () => {
  const other = { sale_id: "s2", product_id: "p2", quantity: 1, price_cents: 1 };
  expect(offer(sale(), knowing(aHold({ lines: [other] })), NOW).kind).toBe("buy");
});

test("the pinned product is in front; without a pin, the sale that runs; else nothing", () => {
  const hat = { product_id: "p2", title: "Hat", picture_url: null, list_price_cents: 100 };
  const products = [...aRoom().products, hat];
  const sales = [aSale(OPEN)];
  const pinned = reduce(EMPTY, aWelcome({ sales, products, pinned_product_id: "p2" }));
  expect(featured(pinned, NOW)).toEqual({ product: hat, sale: null });
  const unpinned = reduce(EMPTY, aWelcome({ sales, products }));
  expect(featured(unpinned, NOW)?.product.product_id).toBe("p1");
  expect(featured(unpinned, 600_000)).toBeNull();
});

test("of a product's sales the one that can be bought from matters, then the next, then the past", () => {
  const past = aSale({ sale_id: "past", starts_at_ms: 1, ends_at_ms: 2 });
  const next = aSale({ sale_id: "next" });
  const open = aSale({ sale_id: "open", ...OPEN });
  const known = (...sales: SaleView[]) => reduce(EMPTY, aWelcome({ sales }));
  expect(saleOf(known(past, next, open), "p1", NOW)?.sale_id).toBe("open");
  expect(saleOf(known(past, next), "p1", NOW)?.sale_id).toBe("next");
  expect(saleOf(known(past), "p1", NOW)?.sale_id).toBe("past");
  expect(saleOf(known(), "p1", NOW)).toBeNull();
});
