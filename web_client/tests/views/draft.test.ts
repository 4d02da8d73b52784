import { expect, test } from "vitest";

import { BLANK, cents, costsMoreThanListed } from "../../src/views/host/draft";
import { aRoom } from "../examples";

const [CUP = null] = aRoom().products; // list price 129

test.each([
  ["129.5", 12_950],
  ["0.07", 7],
  ["", 0],
])("%j is %i cents", (text, amount) => {
  expect(cents(text)).toBe(amount);
});

test.each([
  ["a new product", null, { listPrice: "100", price: "100.01" }, true],
  ["the same price", null, { listPrice: "100", price: "100" }, false],
  ["no list price yet", null, { listPrice: "", price: "100" }, false],
  ["a product there is", CUP, { price: "130" }, true],
  ["and a bargain of it", CUP, { price: "59" }, false],
])("a sale above the list price is noticed: %s", (_what, product, typed, expected) => {
  expect(costsMoreThanListed({ ...BLANK, ...typed }, product)).toBe(expected);
});
