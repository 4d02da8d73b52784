// Sales and their stock. News that is not newer than what is known is dropped; a sale's terms and its
// counters each follow the newest version heard, whatever order the news arrives in.
import type { SaleView, StockView } from "../wire/types.gen";
import type { RoomState, Sale } from "./state";

export function withSale(state: RoomState, sale: SaleView): RoomState {
  const known = state.sales.get(sale.sale_id);
  if (known === undefined) return putSale(state, fresh(sale));
  if (sale.version < known.termsVersion) return state;
  const counters = sale.version >= known.version ? sale : countersOf(known);
  return putSale(state, { ...sale, ...counters, termsVersion: sale.version });
}

export function withStock(state: RoomState, stock: StockView): RoomState {
  const known = state.sales.get(stock.sale_id);
  if (known === undefined || stock.version <= known.version) return state;
  return putSale(state, { ...known, ...countersOf(stock) });
}

export function fresh(sale: SaleView): Sale {
  return { ...sale, termsVersion: sale.version };
}

function countersOf(from: StockView): Omit<StockView, "sale_id"> {
  const { total, available, held, sold, version, waiting = 0 } = from;
  return { total, available, held, sold, version, waiting };
}

function putSale(state: RoomState, sale: Sale): RoomState {
  return { ...state, sales: new Map(state.sales).set(sale.sale_id, sale) };
}
