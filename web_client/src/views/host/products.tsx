// What is sold: every product with its sales, in the order in which viewers see them.
import { useState } from "preact/hooks";

import { type Key, money, t } from "../../i18n";
import { salesOf } from "../../store/featured";
import { moved } from "../../store/products";
import type { Sale } from "../../store/state";
import type { ProductView } from "../../wire/types.gen";
import { useRoom } from "../context";
import { Icon } from "../icons";
import { Picture } from "../parts";
import { useDesk } from "./context";
import { EditProductSheet } from "./edit_product";
import { EndSaleSheet } from "./end_sale";
import { NewSaleSheet } from "./new_sale";
import { RestockSheet } from "./restock";
import { SaleRow } from "./sale_row";
import { StartSaleSheet } from "./start_sale";

/** What is being done, and to what. */
type Doing =
  | { what: "start" | "end" | "restock"; product: ProductView; sale: Sale }
  | { what: "edit"; product: ProductView }
  | { what: "new"; product: ProductView | null };

export type Act = (doing: Doing) => void;

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
        {[...products.values()].map((product, index) => (
          <ProductRow key={product.product_id} product={product} number={index + 1} act={setDoing} />
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
    case "edit":
      return <EditProductSheet product={doing.product} close={close} />;
    case "restock":
      return <RestockSheet sale={doing.sale} close={close} />;
    case "new":
      return <NewSaleSheet product={doing.product} close={close} />;
  }
}

interface RowProps {
  product: ProductView;
  number: number; // the key that pins it
  act: Act;
}

function ProductRow({ product, number, act }: RowProps) {
  const room = useRoom();
  const state = room.state.value;
  const id = product.product_id;
  const pinned = state.pinnedProductId === id;
  const sales = salesOf(state, id);
  return (
    <li class="product-row" data-testid={`product-${id}`} data-pinned={pinned}>
      <div class="product-head">
        <OrderTools product={product} number={number} />
        <Picture url={product.picture_url} title="" />
        <div class="card-words">
          <h3 class="card-title">{product.title}</h3>
          <span class="product-line">
            <span class="product-price">{money(product.list_price_cents, state.room?.currency ?? "CNY")}</span>
            <button type="button" class="link-button" data-testid={`edit-${id}`} onClick={() => act({ what: "edit", product })}>
              {t("host.edit")}
            </button>
          </span>
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

/** The number that pins the product from the keyboard, between two buttons that move it. */
function OrderTools({ product, number }: { product: ProductView; number: number }) {
  const desk = useDesk();
  const ids = [...desk.room.state.value.products.keys()];
  const tool = (icon: "up" | "down", label: Key, by: -1 | 1) => (
    <button
      type="button"
      class="icon-button icon-button-small"
      data-testid={`${icon}-${product.product_id}`}
      aria-label={`${t(label)}: ${product.title}`}
      aria-disabled={moved(ids, product.product_id, by) === null}
      onClick={() => void desk.moveProduct(product.product_id, by)}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <span class="order-tools">
      {tool("up", "host.up", -1)}
      <kbd>{number}</kbd>
      {tool("down", "host.down", 1)}
    </span>
  );
}
