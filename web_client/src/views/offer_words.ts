// What an offer says: the button's words, the line beside it, and the time that line counts. A time
// is shown in one place: in the button while waiting for the start, beside it otherwise.
import { clockText } from "../duration";
import { money, t } from "../i18n";
import type { Offer } from "../store/offer";
import type { Sale } from "../store/state";
import type { ProductView } from "../wire/types.gen";

export function buttonText(offer: Offer, nowMs: number, currency: string): string {
  switch (offer.kind) {
    case "counting":
      return t("buy.counting", { time: clockText(offer.startsAtMs - nowMs) });
    case "held":
      return t("buy.held", { amount: money(offer.hold.amount_cents, currency) });
    default:
      return t(`buy.${offer.kind}`);
  }
}

/** What one unit costs now: a sale that is over no longer has a say, except for what is yours. */
export function priceCents(product: ProductView, sale: Sale | null, offer: Offer | null): number {
  return sale === null || offer?.kind === "ended" ? product.list_price_cents : sale.price_cents;
}

/** The time beside the button, in words, or null when nothing runs out. */
export function timeText(offer: Offer, nowMs: number): string | null {
  if (offer.kind === "held") return clockText(offer.untilMs - nowMs);
  if (offer.kind !== "buy" || offer.endsAtMs === null) return null;
  return t("card.endsIn", { time: clockText(offer.endsAtMs - nowMs) });
}

/** The moment on the server's clock that everybody waits for, or null. What is yours is not of the show. */
export function momentMs(offer: Offer): number | null {
  if (offer.kind === "counting") return offer.startsAtMs;
  return offer.kind === "buy" ? offer.endsAtMs : null;
}

/** The line beside the button, without its time. It never says what the button says. */
export function statusText(offer: Offer, sale: Sale): string {
  switch (offer.kind) {
    case "held":
      return t(offer.hold.offered === true ? "card.offered" : "card.mine");
    case "sold_out":
      return t(sale.held > 0 ? "card.comeBack" : "card.soldOut", { count: sale.held });
    case "joining":
      return t("card.soldOut");
    case "waiting":
      return t("card.waiting", { count: Math.max(1, sale.waiting ?? 1) }); // you, if nobody else
    case "paid":
      return t("card.seeOrder");
    case "counting":
    case "limit":
      return t("card.limit", { count: sale.per_buyer_max });
    case "scheduled":
      return t("phase.scheduled");
    default:
      return t("card.flash"); // the button says the rest
  }
}
