// One sale of a product: its terms, how it stands, its stock as it moves, and what can be done now.
import { clockText } from "../../duration";
import { money, t } from "../../i18n";
import { phase, type Phase } from "../../store/phase";
import type { Sale } from "../../store/state";
import { toastText, toastUndo } from "../../toasts";
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
        {(now === "open" || now === "sold_out" || now === "paused") && <PauseButton sale={sale} isPaused={now === "paused"} />}
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

/** Pausing is no danger: it is taken back by the same button, or by the toast. */
function PauseButton({ sale, isPaused }: { sale: Sale; isPaused: boolean }) {
  const room = useRoom();
  const named = { sale_id: sale.sale_id };
  const press = async () => {
    const answer = await room.ask(isPaused ? "resume_sale" : "pause_sale", named);
    if (!answer.ok) return;
    if (isPaused) toastText("toast.resumed", "good");
    else toastUndo("toast.paused", () => void room.ask("resume_sale", named));
  };
  return (
    <button
      type="button"
      class={isPaused ? "main-button" : "side-button"}
      data-testid={`pause-${sale.sale_id}`}
      onClick={() => void press()}
    >
      {t(isPaused ? "host.resume" : "host.pause")}
    </button>
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
      {sale.waiting !== undefined && sale.waiting > 0 && (
        <span class="stock-figure" data-figure="waiting">
          <b data-testid={`waiting-${sale.sale_id}`}>{sale.waiting}</b> {t("host.waiting")}
        </span>
      )}
      <StockBar sale={sale} />
    </div>
  );
}
