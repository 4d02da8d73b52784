// One sale of a product: its terms, how it stands, its stock as it moves, and what can be done now.
import { clockText } from "../../duration";
import { money, t } from "../../i18n";
import { phase, type Phase } from "../../store/phase";
import type { Sale } from "../../store/state";
import type { ProductView } from "../../wire/types.gen";
import { useRoom } from "../context";
import { Badge } from "../parts";
import { StockBar } from "../stock_bar";
import type { Act } from "./products";

export function SaleRow({ product, sale, act }: { product: ProductView; sale: Sale; act: Act }) {
  const room = useRoom();
  const nowMs = room.nowMs.value;
  const now = phase(sale, nowMs);
  const id = sale.sale_id;
  return (
    <div class="sale-row" data-testid={`sale-${id}`} data-state={now}>
      <div class="sale-terms">
        <strong class="sale-price">{money(sale.price_cents, room.state.value.room?.currency ?? "CNY")}</strong>
        <span data-testid={`sale-phase-${id}`} data-state={now}>
          <Badge state={now}>{t(`phase.${now}`)}</Badge>
        </span>
        <RunningTime sale={sale} now={now} nowMs={nowMs} />
        <span class="sale-limit">{t("card.limit", { count: sale.per_buyer_max })}</span>
      </div>
      <StockNumbers sale={sale} />
      <div class="sale-actions">
        {now === "scheduled" && (
          <button
            type="button"
            class="main-button"
            data-testid={`start-sale-${id}`}
            onClick={() => act({ what: "start", product, sale })}
          >
            {t("host.start")}
          </button>
        )}
        {now !== "scheduled" && now !== "ended" && (
          <button
            type="button"
            class="side-button side-button-careful"
            data-testid={`end-sale-${id}`}
            onClick={() => act({ what: "end", product, sale })}
          >
            {t("host.end")}
          </button>
        )}
        {now !== "ended" && (
          <button
            type="button"
            class="side-button"
            data-testid={`restock-${id}`}
            onClick={() => act({ what: "restock", product, sale })}
          >
            {t("host.restock")}
          </button>
        )}
      </div>
    </div>
  );
}

function RunningTime({ sale, now, nowMs }: { sale: Sale; now: Phase; nowMs: number }) {
  const untilMs = now === "counting" ? sale.starts_at_ms : now === "ended" ? null : sale.ends_at_ms;
  if (untilMs === null) return null;
  return (
    <span class="countdown" role="timer">
      {clockText(untilMs - nowMs)}
    </span>
  );
}

function StockNumbers({ sale }: { sale: Sale }) {
  const figures = [
    ["available", "host.available"],
    ["held", "host.held"],
    ["sold", "host.sold"],
  ] as const;
  return (
    <div class="sale-stock">
      {figures.map(([name, key]) => (
        <span key={name} class="stock-figure" data-figure={name}>
          <b data-testid={`${name}-${sale.sale_id}`}>{sale[name]}</b> {t(key)}
        </span>
      ))}
      <StockBar sale={sale} />
    </div>
  );
}
