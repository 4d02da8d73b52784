// A step of the run-of-show in words.
import { money, t } from "../../i18n";
import type { RoomState } from "../../store/state";
import type { StepBody } from "../../wire/types.gen";

type Known = Pick<RoomState, "products" | "sales" | "room">;

export function stepText(step: StepBody, known: Known): string {
  const { body } = step;
  switch (step.op) {
    case "pin":
      return body["product_id"] === null ? t("step.unpin") : t("step.pin", { title: productTitle(body["product_id"], known) });
    case "start_sale":
      return t("step.start_sale", { title: saleTitle(body["sale_id"], known) });
    case "end_sale":
      return t("step.end_sale", { title: saleTitle(body["sale_id"], known) });
    case "announce":
      return t("step.announce", { text: word(body["text"]) });
    case "open_poll":
      return t("step.open_poll", { text: word(body["question"]) });
    case "close_poll":
      return t("step.close_poll");
    case "note":
      return word(body["text"]);
    default:
      return step.op; // a step of a newer server
  }
}

function productTitle(id: unknown, { products }: Known): string {
  return products.get(word(id))?.title ?? word(id);
}

function saleTitle(id: unknown, known: Known): string {
  const sale = known.sales.get(word(id));
  if (sale === undefined) return word(id);
  return `${productTitle(sale.product_id, known)} ${money(sale.price_cents, known.room?.currency ?? "CNY")}`;
}

function word(value: unknown): string {
  return typeof value === "string" ? value : "";
}
