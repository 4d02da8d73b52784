// Which product stands in front, and under which of its sales.
import type { ProductView } from "../wire/types.gen";
import { phase, type Phase } from "./phase";
import type { RoomState, Sale } from "./state";

// A sale that can be bought from hides all others; one that is over shows only when nothing else is.
const PROMINENCE: Record<Phase, number> = {
  open: 5,
  sold_out: 4,
  paused: 3,
  counting: 2,
  scheduled: 1,
  ended: 0,
};

export interface Featured {
  product: ProductView;
  sale: Sale | null;
}

type Shelf = Pick<RoomState, "products" | "sales" | "pinnedProductId">;

/** The pinned product, else the product of the sale that is running, else nothing. */
export function featured(state: Shelf, nowMs: number): Featured | null {
  const pinned = state.products.get(state.pinnedProductId ?? "");
  if (pinned !== undefined) return { product: pinned, sale: saleOf(state, pinned.product_id, nowMs) };
  const running = mostProminent([...state.sales.values()].filter((sale) => isRunning(sale, nowMs)), nowMs);
  const product = state.products.get(running?.product_id ?? "");
  return product === undefined ? null : { product, sale: running };
}

/** The sale of a product that matters now. */
export function saleOf(state: Pick<RoomState, "sales">, productId: string, nowMs: number): Sale | null {
  return mostProminent([...state.sales.values()].filter((sale) => sale.product_id === productId), nowMs);
}

export function salesOf(state: Pick<RoomState, "sales">, productId: string): Sale[] {
  return [...state.sales.values()].filter((sale) => sale.product_id === productId);
}

function isRunning(sale: Sale, nowMs: number): boolean {
  const now = phase(sale, nowMs);
  return now !== "scheduled" && now !== "ended";
}

function mostProminent(sales: readonly Sale[], nowMs: number): Sale | null {
  const rank = (sale: Sale) => PROMINENCE[phase(sale, nowMs)];
  const later = (sale: Sale) => sale.starts_at_ms ?? 0;
  return [...sales].sort((a, b) => rank(b) - rank(a) || later(b) - later(a))[0] ?? null;
}
