import { expect, test } from "vitest";

import { reduce } from "../../src/store/reduce";
import { EMPTY } from "../../src/store/state";
import { inOrder, moved } from "../../src/store/products";
import { aRoom, aWelcome } from "../examples";

const product = (id: string) => ({ product_id: id, title: id, picture_url: null, list_price_cents: 1 });
const products = new Map(["a", "b", "c"].map((id) => [id, product(id)]));

test("those named come first, and what is not there is left out", () => {
  expect([...inOrder(products, ["c", "gone", "a"]).keys()]).toEqual(["c", "a", "b"]);
});

test("a product moves by one place, and not past an end", () => {
  expect(moved(["a", "b", "c"], "b", -1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b", "c"], "b", 1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b", "c"], "a", -1)).toBeNull();
  expect(moved(["a", "b", "c"], "c", 1)).toBeNull();
});

test("the room's order is followed", () => {
  const there = reduce(EMPTY, aWelcome({ ...aRoom(), products: [...products.values()] }));
  const ordered = reduce(there, ["event", "product_order", 9, 0, { product_ids: ["b"] }]);
  expect([...ordered.products.keys()]).toEqual(["b", "a", "c"]);
});
