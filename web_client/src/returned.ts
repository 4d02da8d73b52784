// Coming back from the pay page: `?order=…&payment=…`. How the payment went is only what the page
// says at first; anybody can write an address, so what counts is the hold's own state.
import type { Key } from "./i18n";
import type { HoldView } from "./wire/types.gen";

const NOTES = {
  paid: "orders.confirming",
  failed: "orders.failed",
  back: "orders.unpaid",
} as const satisfies Record<string, Key>;

export interface Returned {
  orderId: string;
  note: Key; // what to say while the order is still waiting for its payment
}

export function returned(search: string): Returned | null {
  const query = new URLSearchParams(search);
  const orderId = query.get("order");
  if (orderId === null) return null;
  const payment = query.get("payment") ?? "";
  return { orderId, note: isKnown(payment) ? NOTES[payment] : "orders.perhaps" };
}

/** What to say at an order, or null. `payable`: it is held, and there is time left. */
export function returnNote(from: Returned | null, hold: HoldView, payable: boolean): Key | null {
  if (from?.orderId !== hold.reservation_id) return null;
  if (payable) return from.note;
  return hold.state === "paid" ? "toast.paid" : null;
}

function isKnown(payment: string): payment is keyof typeof NOTES {
  return Object.hasOwn(NOTES, payment);
}
