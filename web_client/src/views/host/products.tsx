// What is sold: every product with its sales, their stock as it moves, and what can be done now.
import { useState } from "preact/hooks";

import { clockText } from "../../duration";
import { money, t } from "../../i18n";
import { salesOf } from "../../store/featured";
import { phase, type Phase } from "../../store/phase";
import type { Sale } from "../../store/state";
import type { ProductView } from "../../wire/types.gen";
import { useRoom } from "../context";
import { Icon } from "../icons";
import { Badge, Picture } from "../parts";
import { StockBar } from "../stock_bar";
import { EndSaleSheet } from "./end_sale";
import { NewSaleSheet } from "./new_sale";
import { RestockSheet } from "./restock";
import { StartSaleSheet } from "./start_sale";

/** What is being done, and to what. */
type Doing =
  | { what: "start" | "end" | "restock"; product: ProductView; sale: Sale }
  | { what: "new"; product: ProductView | null };

export function HostProducts() {
  const { products } = useRoom().state.value;
  const [doing, setDoing] = useState<Doing | null>(null);
  return (
    <section class="host-column host-products">
      <header class="column-header">
        <h2 class="column-title">{t("host.products")}</h2>
        <button
          type="button"
          class="side-button"
          data-testid="new-product"
          onClick={() => setDoing({ what: "new", product: null })}
        >
          <Icon name="plus" /> {t("host.newProduct")}
        </button>
      </header>
      <ul class="column-scroll product-rows">
        {products.size === 0 && <li class="empty">{t("bag.empty")}</li>}
        {[...products.values()].map((product) => (
          <ProductRow key={product.product_id} product={product} act={setDoing} />
        ))}
      </ul>
      {doing !== null && <DoingSheet doing={doing} close={() => setDoing(null)} />}
    </section>
  );
}

function DoingSheet({ doing, close }: { doing: Doing; close: () => void }) {
  switch (doing.what) {
    case "start":
      return <StartSaleSheet product={doing.product} sale={doing.sale} close={close} />;
    case "end":
      return <EndSaleSheet product={doing.product} sale={doing.sale} close={close} />;
    case "restock":
      return <RestockSheet sale={doing.sale} close={close} />;
    case "new":
      return <NewSaleSheet product={doing.product} close={close} />;
  }
}

type Act = (doing: Doing) => void;

function ProductRow({ product, act }: { product: ProductView; act: Act }) {
  const room = useRoom();
  const state = room.state.value;
  const id = product.product_id;
  const pinned = state.pinnedProductId === id;
  const sales = salesOf(state, id);
  return (
    <li class="product-row" data-testid={`product-${id}`} data-pinned={pinned}>
      <div class="product-head">
        <Picture url={product.picture_url} title="" />
        <div class="card-words">
          <h3 class="card-title">{product.title}</h3>
          <span class="list-price">{money(product.list_price_cents, state.room?.currency ?? "CNY")}</span>
        </div>
        <button
          type="button"
          class="side-button"
          data-testid={`pin-${id}`}
          aria-pressed={pinned}
          onClick={() => void room.ask("pin", { product_id: pinned ? null : id })}
        >
          <Icon name="pin" /> {t(pinned ? "host.unpin" : "host.pin")}
        </button>
        <button
          type="button"
          class="side-button"
          data-testid={`new-sale-${id}`}
          onClick={() => act({ what: "new", product })}
        >
          <Icon name="plus" /> {t("host.newSale")}
        </button>
      </div>
      {sales.length === 0 && <p class="empty">{t("host.noSale")}</p>}
      {sales.map((sale) => (
        <SaleRow key={sale.sale_id} product={product} sale={sale} act={act} />
      ))}
    </li>
  );
}

function SaleRow({ product, sale, act }: { product: ProductView; sale: Sale; act: Act }) {
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
