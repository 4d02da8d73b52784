// Everything the room sells: each product with the sale that matters now.
import { t } from "../i18n";
import { saleOf } from "../store/featured";
import { offer, type Offer } from "../store/offer";
import { phase } from "../store/phase";
import type { Sale } from "../store/state";
import type { ProductView } from "../wire/types.gen";
import { BuyButton } from "./buy_button";
import { useFields, useRoom } from "./context";
import { priceCents, statusText, timeText } from "./offer_words";
import { Badge, Picture, Price } from "./parts";

export function Bag() {
  const room = useRoom();
  const state = useFields("products", "sales", "pinnedProductId");
  const products = [...state.products.values()];
  if (products.length === 0) return <p class="empty">{t("bag.empty")}</p>;
  return (
    <ul class="bag" data-testid="bag">
      {products.map((product) => (
        <BagItem
          key={product.product_id}
          product={product}
          sale={saleOf(state, product.product_id, room.nowMs.value)}
          pinned={product.product_id === state.pinnedProductId}
        />
      ))}
    </ul>
  );
}

interface ItemProps {
  product: ProductView;
  sale: Sale | null;
  pinned: boolean;
}

function BagItem({ product, sale, pinned }: ItemProps) {
  const room = useRoom();
  const state = useFields("room", "holds", "pending", "limited");
  const made = sale === null ? null : offer(sale, state, room.nowMs.value);
  return (
    <li class="bag-item" data-testid={`bag-item-${product.product_id}`} data-pinned={pinned}>
      <Picture url={product.picture_url} title="" />
      <div class="card-words">
        <h3 class="card-title">{product.title}</h3>
        {pinned && <Badge state="pinned">{t("bag.pinned")}</Badge>}
        <Price
          cents={priceCents(product, sale, made)}
          listCents={product.list_price_cents}
          currency={state.room?.currency ?? "CNY"}
          testid={`bag-price-${product.product_id}`}
        />
        {sale !== null && made !== null && <SaleLine sale={sale} offer={made} />}
      </div>
    </li>
  );
}

function SaleLine({ sale, offer: made }: { sale: Sale; offer: Offer }) {
  const nowMs = useRoom().nowMs.value;
  const time = timeText(made, nowMs);
  const mine = made.kind === "held" ? `${statusText(made, sale)} ` : "";
  return (
    <div class="bag-sale">
      <span class="stock-left">
        {phase(sale, nowMs) !== "ended" && t("card.stock", { available: sale.available, total: sale.total })}
        {time !== null && ` · ${mine}${time}`}
      </span>
      <BuyButton sale={sale} offer={made} nowMs={nowMs} testid={`bag-buy-${sale.sale_id}`} />
    </div>
  );
}
