// A new product with a sale ready to start, or another sale of a product there is. The ids are made
// when the form opens, so pressing "create" twice, or again after an error, creates once.
import type { TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";

import { t } from "../../i18n";
import { newId } from "../../ids";
import { saleOf } from "../../store/featured";
import { toastText } from "../../toasts";
import type { ProductView } from "../../wire/types.gen";
import type { LiveRoom } from "../../room";
import { useRoom } from "../context";
import { Sheet } from "../sheet";
import { cents, costsMoreThanListed, type Draft, draftLike } from "./draft";
import { Field } from "./field";
import { PictureField } from "./picture_field";

export function NewSaleSheet({ product, close }: { product: ProductView | null; close: () => void }) {
  const room = useRoom();
  const [ids] = useState(() => ({ product: product?.product_id ?? shortName("p"), sale: shortName("s") }));
  const [draft, setDraft] = useState<Draft>(() => draftLike(product === null ? null : saleOf(room.state.peek(), product.product_id, room.nowMs.peek())));
  const [busy, setBusy] = useState(false);
  const field = (name: keyof Draft) => ({
    testid: `form-${name}`,
    value: draft[name],
    onValue: (value: string) => setDraft((before) => ({ ...before, [name]: value })),
  });
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const created = await create(room, ids, product === null, draft);
    setBusy(false);
    if (!created) return;
    toastText("toast.created", "good");
    close();
  };
  const heading = product === null ? "host.newProduct" : "host.newSale";
  const lead =
    product === null ? t("host.form.product.lead") : t("host.form.sale.lead", { title: product.title });
  return (
    <Sheet title={t(heading)} testid="new-sale-sheet" onClose={close}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <p class="lead">{lead}</p>
        {product === null && (
          <>
            <Field label="host.form.title" {...field("title")} />
            <PictureField url={draft.picture} onUrl={field("picture").onValue} />
            <Field label="host.form.listPrice" type="number" min={0} step="0.01" {...field("listPrice")} />
          </>
        )}
        <div class="field-pair">
          <Field label="host.form.price" type="number" min={0} step="0.01" {...field("price")} />
          <Field label="host.form.units" type="number" min={1} max={1_000_000} {...field("units")} />
          <Field label="host.form.perBuyer" type="number" min={1} max={99} {...field("perBuyer")} />
          <Field label="host.form.hold" type="number" min={5} max={3600} {...field("holdS")} />
        </div>
        <p class="form-warning" role="status" data-testid="price-warning">
          {costsMoreThanListed(draft, product) && t("host.form.dearer")}
        </p>
        <div class="sheet-actions">
          <button type="button" class="text-button" onClick={close}>
            {t("host.cancel")}
          </button>
          <button type="submit" class="main-button" data-testid="confirm-create" aria-disabled={busy}>
            {t("host.form.create")}
          </button>
        </div>
      </form>
    </Sheet>
  );
}

/** True when everything asked for exists; a refusal has been shown. */
async function create(
  room: LiveRoom,
  ids: { product: string; sale: string },
  withProduct: boolean,
  draft: Draft,
): Promise<boolean> {
  if (withProduct) {
    const product = await room.ask("put_product", {
      product_id: ids.product,
      title: draft.title.trim(),
      list_price_cents: cents(draft.listPrice),
      picture_url: draft.picture.trim() === "" ? null : draft.picture.trim(),
    });
    if (!product.ok) return false;
  }
  const sale = await room.ask("put_sale", {
    sale_id: ids.sale,
    product_id: ids.product,
    price_cents: cents(draft.price),
    total_units: Number(draft.units),
    per_buyer_max: Number(draft.perBuyer),
    hold_duration_s: Number(draft.holdS),
  });
  return sale.ok;
}

function shortName(prefix: string): string {
  return `${prefix}-${newId(Date.now()).slice(-12)}`;
}
