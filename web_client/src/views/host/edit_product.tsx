// Changing a product: what it is called, what it usually costs, and its picture.
import type { TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";

import { t } from "../../i18n";
import { toastText } from "../../toasts";
import type { ProductView } from "../../wire/types.gen";
import { useRoom } from "../context";
import { Sheet } from "../sheet";
import { cents } from "./draft";
import { Field } from "./field";
import { PictureField } from "./picture_field";

export function EditProductSheet({ product, close }: { product: ProductView; close: () => void }) {
  const room = useRoom();
  const [title, setTitle] = useState(product.title);
  const [listPrice, setListPrice] = useState(String(product.list_price_cents / 100));
  const [picture, setPicture] = useState(product.picture_url ?? "");
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const answer = await room.ask("put_product", {
      product_id: product.product_id,
      title: title.trim(),
      list_price_cents: cents(listPrice),
      picture_url: picture.trim() === "" ? null : picture.trim(),
    });
    if (!answer.ok) return;
    toastText("toast.saved", "good");
    close();
  };
  return (
    <Sheet title={t("host.editProduct")} testid="edit-sheet" onClose={close}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <Field label="host.form.title" testid="form-title" value={title} onValue={setTitle} />
        <Field label="host.form.listPrice" testid="form-listPrice" type="number" min={0} step="0.01" value={listPrice} onValue={setListPrice} />
        <PictureField url={picture} onUrl={setPicture} />
        <div class="sheet-actions">
          <button type="button" class="text-button" onClick={close}>
            {t("host.cancel")}
          </button>
          <button type="submit" class="main-button" data-testid="confirm-edit">
            {t("host.save")}
          </button>
        </div>
      </form>
    </Sheet>
  );
}
