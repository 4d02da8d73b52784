// What a host types into the form of a new sale, and what can be said of it before it is sent.
import type { ProductView, SaleView } from "../../wire/types.gen";

export interface Draft {
  title: string;
  listPrice: string;
  picture: string;
  price: string;
  units: string;
  perBuyer: string;
  holdS: string;
}

export const BLANK: Draft = {
  title: "",
  listPrice: "",
  picture: "",
  price: "",
  units: "10",
  perBuyer: "1",
  holdS: "120",
};

/** What the form begins with: the terms of the product's last sale, if it had one. */
export function draftLike(sale: SaleView | null): Draft {
  if (sale === null) return BLANK;
  return {
    ...BLANK,
    price: String(sale.price_cents / 100),
    units: String(sale.total),
    perBuyer: String(sale.per_buyer_max),
    holdS: String(Math.round(sale.hold_duration_ms / 1000)),
  };
}

/** "129.5" is 12950 cents. */
export function cents(text: string): number {
  return Math.round(Number(text) * 100);
}

/** A sale dearer than the list price is allowed, and hardly ever meant. */
export function costsMoreThanListed(draft: Draft, product: ProductView | null): boolean {
  if (product === null && draft.listPrice.trim() === "") return false;
  return cents(draft.price) > (product?.list_price_cents ?? cents(draft.listPrice));
}
