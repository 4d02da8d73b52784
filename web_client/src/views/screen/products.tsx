// Each product's share in it, the best-selling first, with what is left of it.
import { byProduct, type Show } from "../../figures";
import { count, money, t } from "../../i18n";
import { saleOf } from "../../store/featured";
import { useRoom } from "../context";
import { Picture } from "../parts";

const ROWS_MAX = 12; // what fits on a wall

export function ProductTable({ show, span }: { show: Show; span: number }) {
  const rows = byProduct(show, span).slice(0, ROWS_MAX);
  return (
    <section class="screen-part screen-products" tabIndex={0} aria-label={t("screen.products")}>
      <h2>{t("screen.products")}</h2>
      {rows.length === 0 && <p class="side-note">{t("screen.nothing")}</p>}
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{t("step.product")}</th>
              <th scope="col">{t("screen.seen")}</th>
              <th scope="col">{t("screen.clicked")}</th>
              <th scope="col">{t("screen.held")}</th>
              <th scope="col">{t("screen.paid")}</th>
              <th scope="col">{t("screen.gmv")}</th>
              <th scope="col">{t("screen.left")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <ProductRow key={row.product_id} row={row} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function ProductRow({ row }: { row: ReturnType<typeof byProduct>[number] }) {
  const live = useRoom();
  const state = live.state.value;
  const product = state.products.get(row.product_id);
  const sale = saleOf(state, row.product_id, live.nowMs.peek());
  return (
    <tr data-testid={`screen-product-${row.product_id}`}>
      <th scope="row">
        <Picture url={product?.picture_url ?? null} title="" /> <span>{product?.title ?? row.product_id}</span>
      </th>
      <td>{count(row.seen)}</td>
      <td>{count(row.clicked)}</td>
      <td>{count(row.held)}</td>
      <td data-testid={`screen-paid-${row.product_id}`}>{count(row.paid)}</td>
      <td>{money(row.paid_cents, state.room?.currency ?? "CNY")}</td>
      <td>{sale === null ? "–" : count(sale.available)}</td>
    </tr>
  );
}
