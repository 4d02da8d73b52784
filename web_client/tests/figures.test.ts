import { expect, test } from "vitest";

import type { FiguresReply, Minute } from "../src/api";
import { byProduct, funnel, lines, marksAmong, NO_SHOW, paidLately, spanFor, totals, withNews } from "../src/figures";

const NOW_MINUTE = 29_000_000;
const NOW_MS = NOW_MINUTE * 60_000 + 15_000;

function minute(at: number, changes: Partial<Minute> = {}): Minute {
  const nothing = { viewers: 0, comments: 0, seen: 0, clicked: 0, held: 0, paid: 0, paid_cents: 0, refunded_cents: 0, dropped: 0 };
  return { minute: at, ...nothing, products: [], ...changes };
}

function told(minutes: Minute[], changes: Partial<FiguresReply> = {}): FiguresReply {
  return { now_ms: NOW_MS, minutes, marks: [], ...changes };
}

function sold(productId: string, paid: number, cents: number) {
  return { product_id: productId, seen: 1, clicked: 1, held: paid, paid, paid_cents: cents };
}

test("what is told of a minute replaces what was known of it, and older minutes stay", () => {
  const first = told([minute(NOW_MINUTE - 9, { paid: 1 }), minute(NOW_MINUTE, { paid: 2 })]);
  const before = withNews(NO_SHOW, 0, first);
  const after = withNews(before, NOW_MINUTE - 1, told([minute(NOW_MINUTE, { paid: 3 })]));
  expect([...after.minutes.values()].map((one) => one.paid)).toEqual([1, 3]);
  expect(totals(after, 60).paid).toBe(4);
});

test("the same answer twice changes nothing: a mark is not drawn twice", () => {
  const marks = [{ at_ms: NOW_MS, kind: "pin", product_id: "tea", text: "" }];
  const news = told([minute(NOW_MINUTE, { paid: 2 })], { marks });
  const once = withNews(NO_SHOW, 0, news);
  expect(withNews(once, NOW_MINUTE - 2, news)).toEqual(once);
  expect(marksAmong(once, 1)).toEqual(marks);
});

test("a day is kept and no more", () => {
  const show = withNews(withNews(NO_SHOW, 0, told([minute(NOW_MINUTE - 1_500)])), NOW_MINUTE, told([]));
  expect(show.minutes.size).toBe(0);
});

test("lines have every minute, and sales add up along them", () => {
  const minutes = [minute(NOW_MINUTE - 3, { paid: 1, paid_cents: 500, viewers: 4 }), minute(NOW_MINUTE, { paid: 2, paid_cents: 900 })];
  const made = lines(withNews(NO_SHOW, 0, told(minutes)), 5);
  expect(made.middleS).toEqual([-4, -3, -2, -1, 0].map((ago) => (NOW_MINUTE + ago) * 60 + 30));
  expect(made.endS).toEqual([...[-3, -2, -1, 0].map((ago) => (NOW_MINUTE + ago) * 60), NOW_MS / 1000]);
  expect(made.paid).toEqual([0, 1, 0, 0, 2]);
  expect(made.viewers).toEqual([0, 4, 0, 0, 0]);
  expect(made.paidCents).toEqual([0, 500, 500, 500, 1400]);
});

test("totals and products are of the chosen time alone", () => {
  const show = withNews(
    NO_SHOW,
    0,
    told([
      minute(NOW_MINUTE - 50, { paid: 9, products: [sold("old", 9, 9)] }),
      minute(NOW_MINUTE - 1, { paid: 1, viewers: 8, products: [sold("tea", 1, 100), sold("cup", 1, 900)] }),
      minute(NOW_MINUTE, { paid: 2, viewers: 3, products: [sold("tea", 2, 200)] }),
    ]),
  );
  expect(totals(show, 30)).toMatchObject({ paid: 3, viewersMost: 8 });
  expect(byProduct(show, 30).map((row) => [row.product_id, row.paid, row.paid_cents])).toEqual([
    ["cup", 1, 900],
    ["tea", 3, 300],
  ]);
  expect(totals(show, 51).paid).toBe(12);
});

test("viewers are a share of viewers and orders of orders, as one viewer may have many", () => {
  const show = withNews(NO_SHOW, 0, told([minute(NOW_MINUTE, { seen: 40, clicked: 20, held: 27, paid: 9 })]));
  expect(funnel(show, 30)).toEqual([
    { name: "seen", counted: 40, length: 1, wentOn: null },
    { name: "clicked", counted: 20, length: 0.5, wentOn: 0.5 },
    { name: "held", counted: 27, length: 1, wentOn: null },
    { name: "paid", counted: 9, length: 1 / 3, wentOn: 1 / 3 },
  ]);
});

test("more than all is no share: what is paid now may have been held before the chosen time", () => {
  const show = withNews(NO_SHOW, 0, told([minute(NOW_MINUTE - 40, { held: 5 }), minute(NOW_MINUTE, { held: 1, paid: 4 })]));
  const ofOrders = (minutes: number) => funnel(show, minutes).slice(2).map(({ length, wentOn }) => [length, wentOn]);
  expect(ofOrders(30)).toEqual([[0.25, null], [1, null]]);
  expect(ofOrders(60)).toEqual([[1, null], [4 / 6, 4 / 6]]);
  expect(funnel(NO_SHOW, 30).map(({ length, wentOn }) => [length, wentOn])).toEqual(Array(4).fill([0, null]));
});

test("orders a minute do not fall to nothing when the minute turns", () => {
  const show = withNews(NO_SHOW, 0, told([minute(NOW_MINUTE - 1, { paid: 8 }), minute(NOW_MINUTE, { paid: 1 })]));
  expect(paidLately(show)).toBe(7); // three quarters of the 8, and 1
});

test("as much is shown as there is to see", () => {
  const spans = [30, 120, 480];
  expect(spanFor(NO_SHOW, spans)).toBe(30);
  expect(spanFor(withNews(NO_SHOW, 0, told([minute(NOW_MINUTE - 29)])), spans)).toBe(30);
  expect(spanFor(withNews(NO_SHOW, 0, told([minute(NOW_MINUTE - 30)])), spans)).toBe(120);
  expect(spanFor(withNews(NO_SHOW, 0, told([minute(NOW_MINUTE - 900)])), spans)).toBe(480);
});
