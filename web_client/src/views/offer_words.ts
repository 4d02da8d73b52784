// What an offer says: the button's words, the line beside it, and the time that line counts.
import { clockText } from "../duration";
import { t } from "../i18n";
import type { Offer } from "../store/offer";
import type { Sale } from "../store/state";

export function buttonText(offer: Offer, nowMs: number): string {
  switch (offer.kind) {
    case "counting":
      return t("buy.counting", { time: clockText(offer.startsAtMs - nowMs) });
    case "held":
      return t("buy.held", { time: clockText(offer.untilMs - nowMs) });
    default:
      return t(`buy.${offer.kind}`);
  }
}

/** The moment the card counts down to, or null when nothing runs. */
export function countsToMs(offer: Offer): number | null {
  if (offer.kind === "counting") return offer.startsAtMs;
  if (offer.kind === "buy") return offer.endsAtMs;
  return offer.kind === "held" ? offer.untilMs : null;
}

/** The line beside the button, without its time. */
export function statusText(offer: Offer, sale: Sale): string {
  switch (offer.kind) {
    case "counting":
      return t("card.startsIn");
    case "held":
      return t("card.mine");
    case "sold_out":
      return sale.held > 0 ? t("card.comeBack", { count: sale.held }) : t("phase.sold_out");
    case "paid":
      return t("order.paid");
    case "limit":
      return t("card.limit", { count: sale.per_buyer_max });
    case "buy":
    case "buying":
      return t("card.flash");
    default:
      return t(`phase.${offer.kind}`);
  }
}
