// What one sale offers you right now: the single source of what the buy button says.
// Precedence: an unanswered press, a hold of yours, your place on the waitlist, a chance to buy, what
// you bought, then the phase.
import type { HoldView } from "../wire/types.gen";
import { phase, type Phase } from "./phase";
import type { RoomState, Sale } from "./state";

export type Offer =
  | { kind: "buying" }
  | { kind: "joining" } // the waitlist
  | { kind: "waiting"; hold: HoldView }
  | { kind: "held"; hold: HoldView; untilMs: number }
  | { kind: "paid"; hold: HoldView }
  | { kind: "limit" }
  | { kind: "counting"; startsAtMs: number }
  | { kind: "buy"; endsAtMs: number | null }
  | { kind: Exclude<Phase, "counting" | "open"> };

type Known = Pick<RoomState, "holds" | "pending" | "limited">;

export function offer(sale: Sale, known: Known, nowMs: number): Offer {
  const pressed = known.pending.find((one) => one.lines.some((line) => line.sale_id === sale.sale_id));
  if (pressed !== undefined) return { kind: pressed.or_wait === true ? "joining" : "buying" };
  const mine = holdsOf(known.holds, sale.sale_id);
  const held = mine.find((hold) => hold.state === "held" && hold.deadline_ms > nowMs);
  if (held !== undefined) return { kind: "held", hold: held, untilMs: held.deadline_ms };
  const waiting = mine.find((hold) => hold.state === "waiting" && hold.deadline_ms > nowMs);
  if (waiting !== undefined) return { kind: "waiting", hold: waiting };
  const paid = mine.find((hold) => hold.state === "paid");
  const now = phase(sale, nowMs);
  const canBuyMore = !known.limited.has(sale.sale_id) && boughtUnits(mine, sale) < sale.per_buyer_max;
  if (now === "open" && canBuyMore) return { kind: "buy", endsAtMs: sale.ends_at_ms };
  if (paid !== undefined) return { kind: "paid", hold: paid };
  if (now === "open") return { kind: "limit" };
  if (now === "counting") return { kind: "counting", startsAtMs: sale.starts_at_ms ?? nowMs };
  return { kind: now };
}

/** Your holds on a sale, newest first. */
function holdsOf(holds: ReadonlyMap<string, HoldView>, saleId: string): HoldView[] {
  return [...holds.values()]
    .filter((hold) => hold.lines.some((line) => line.sale_id === saleId))
    .sort((one, other) => other.created_at_ms - one.created_at_ms);
}

function boughtUnits(mine: readonly HoldView[], sale: Sale): number {
  const lines = mine.filter((hold) => hold.state === "paid").flatMap((hold) => hold.lines);
  return lines.reduce((sum, line) => sum + (line.sale_id === sale.sale_id ? line.quantity : 0), 0);
}
