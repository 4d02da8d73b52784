// What a sale shows at a moment. The twin of `phase` in inventory/pool.py: if you change a rule
// here, change it there. Derived from the record and the server's clock, never stored.
import type { SaleView } from "../wire/types.gen";

export type Phase = "scheduled" | "counting" | "open" | "sold_out" | "paused" | "ended";

/** A sale is open from its start up to, not at, its end. */
export function phase(sale: SaleView, nowMs: number): Phase {
  if (sale.ends_at_ms !== null && nowMs >= sale.ends_at_ms) return "ended";
  if (sale.starts_at_ms === null) return "scheduled";
  if (nowMs < sale.starts_at_ms) return "counting";
  if (sale.paused) return "paused";
  return sale.available > 0 ? "open" : "sold_out";
}
