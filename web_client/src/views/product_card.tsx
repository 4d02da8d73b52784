// The product on show: what it is, what it costs, how many are left, and one button.
// `CardFace` is only a face, so the host's preview of a sale is what viewers will really see.
import { t } from "../i18n";
import { featured } from "../store/featured";
import { offer, type Offer } from "../store/offer";
import { phase } from "../store/phase";
import type { Sale } from "../store/state";
import type { ProductView } from "../wire/types.gen";
import { InPicture } from "./behind";
import { BuyButton } from "./buy_button";
import { useFields, useRoom } from "./context";
import { momentMs, priceCents, statusText, timeText } from "./offer_words";
import { Picture, Price } from "./parts";
import { StockBar } from "./stock_bar";

const SHOWN = ["room", "products", "sales", "pinnedProductId", "holds", "pending", "limited"] as const;

export function ProductCard() {
  const room = useRoom();
  const state = useFields(...SHOWN);
  const nowMs = room.nowMs.value;
  const shown = featured(state, nowMs);
  if (shown === null) return null;
  const { product, sale } = shown;
  const currency = state.room?.currency ?? "CNY";
  const made = sale === null ? null : offer(sale, state, nowMs);
  return <CardFace product={product} sale={sale} offer={made} nowMs={nowMs} currency={currency} />;
}

interface FaceProps {
  product: ProductView;
  sale: Sale | null;
  offer: Offer | null;
  nowMs: number;
  currency: string;
}

export function CardFace({ product, sale, offer: made, nowMs, currency }: FaceProps) {
  return (
    <section
      class="product-card"
      data-testid="product-card"
      data-product={product.product_id}
      aria-label={t("card.label", { title: product.title })}
    >
      <Picture url={product.picture_url} title="" />
      <div class="card-words">
        <h2 class="card-title">{product.title}</h2>
        <Price
          cents={priceCents(product, sale, made)}
          listCents={product.list_price_cents}
          currency={currency}
          testid="price"
        />
        {sale !== null && phase(sale, nowMs) !== "ended" && <StockBar sale={sale} />}
      </div>
      <div class="card-action">
        {sale === null || made === null ? (
          <span class="card-status">{t("card.notForSale")}</span>
        ) : (
          <>
            <Status offer={made} sale={sale} nowMs={nowMs} />
            <BuyButton sale={sale} offer={made} nowMs={nowMs} testid="buy-button" />
          </>
        )}
      </div>
    </section>
  );
}

function Status({ offer: made, sale, nowMs }: { offer: Offer; sale: Sale; nowMs: number }) {
  const time = timeText(made, nowMs);
  return (
    <span class="card-status" data-state={made.kind}>
      <span class="status-words" role="status">
        {statusText(made, sale)}
      </span>
      {time !== null && (
        <span class="countdown" data-testid="countdown" role="timer">
          {time}
        </span>
      )}
      <InPicture momentMs={momentMs(made)} />
    </span>
  );
}
