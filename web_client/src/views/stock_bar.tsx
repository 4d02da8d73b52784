// How many units are left, told truthfully: free ones, ones held by somebody, and sold ones.
import { t } from "../i18n";
import type { Sale } from "../store/state";

export function StockBar({ sale }: { sale: Sale }) {
  return (
    <div class="stock">
      <div class="stock-bar" aria-hidden="true">
        <span class="stock-free" style={{ "--share": share(sale.available, sale.total) }} />
        <span class="stock-held" style={{ "--share": share(sale.held, sale.total) }} />
      </div>
      <span class="stock-left" data-testid="stock-left" data-available={sale.available} data-total={sale.total}>
        {t("card.stock", { available: sale.available, total: sale.total })}
      </span>
    </div>
  );
}

function share(units: number, total: number): string {
  return total > 0 ? `${(units / total) * 100}%` : "0%";
}
