// Products, in the order in which they are listed.
import type { ProductView } from "../wire/types.gen";

type Products = ReadonlyMap<string, ProductView>;

/** Those named first, in that order; the others after them, as they were. */
export function inOrder(products: Products, first: readonly string[]): Products {
  const ids = new Set([...first.filter((id) => products.has(id)), ...products.keys()]);
  return new Map([...ids].map((id) => [id, products.get(id) as ProductView]));
}

/** All ids, with one moved by so many places; null when it is at the end already. */
export function moved(ids: readonly string[], id: string, by: -1 | 1): string[] | null {
  const from = ids.indexOf(id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= ids.length) return null;
  const others = ids.filter((one) => one !== id);
  return [...others.slice(0, to), id, ...others.slice(to)];
}
