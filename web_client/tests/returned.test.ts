import { expect, test } from "vitest";

import { returned, returnNote } from "../src/returned";
import { aHold } from "./examples";

const WAITING = aHold({ reservation_id: "h1" });

test.each([
  ["?order=h1&payment=paid", "orders.confirming"],
  ["?order=h1&payment=failed", "orders.failed"],
  ["?order=h1&payment=back", "orders.unpaid"],
  ["?order=h1", "orders.perhaps"],
  ["?order=h1&payment=constructor", "orders.perhaps"],
])("after %s a waiting order says %s", (search, key) => {
  expect(returnNote(returned(search), WAITING, true)).toBe(key);
});

test("the hold's own state is believed, not the address", () => {
  const from = returned("?order=h1&payment=failed");
  expect(returnNote(from, aHold({ reservation_id: "h1", state: "paid" }), false)).toBe("toast.paid");
  expect(returnNote(from, aHold({ reservation_id: "h1", state: "expired" }), false)).toBeNull();
});

test("only the order one comes back from is spoken of", () => {
  expect(returnNote(returned("?order=other&payment=paid"), WAITING, true)).toBeNull();
  expect(returnNote(returned("?x=1"), WAITING, true)).toBeNull();
});
