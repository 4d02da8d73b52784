// The one button of a sale. It answers within a frame, because pressing it only writes down that it
// was pressed; what it says next comes from the server.
//
// It is never `disabled`, which would drop the keyboard's focus in the middle of a purchase: it says
// that it does nothing now (aria-disabled) and does nothing.
import { useRef } from "preact/hooks";

import { SettlingButton } from "../press";
import type { Offer } from "../store/offer";
import type { Sale } from "../store/state";
import { useFields, usePlayer, useRoom } from "./context";
import { Icon } from "./icons";
import { buttonText } from "./offer_words";
import { openPanel } from "./panel";
import { pay } from "./paying";

const ACTIVE = new Set<Offer["kind"]>(["buy", "held", "paid", "sold_out", "waiting"]);

interface BuyButtonProps {
  sale: Sale;
  offer: Offer;
  nowMs: number;
  testid: string;
}

export function BuyButton({ sale, offer, nowMs, testid }: BuyButtonProps) {
  const room = useRoom();
  const player = usePlayer();
  const { room: shown } = useFields("room");
  const settling = useRef(new SettlingButton()).current;
  settling.becomes(offer.kind, performance.now());
  const active = ACTIVE.has(offer.kind) && !settling.settles(performance.now());
  const press = () => {
    if (settling.settles(performance.now())) return;
    if (offer.kind === "buy") room.till.buy(sale.sale_id);
    if (offer.kind === "held") void pay(room, player, offer.hold.reservation_id);
    if (offer.kind === "sold_out") room.till.joinWaitlist(sale.sale_id);
    if (offer.kind === "paid" || offer.kind === "waiting") openPanel("orders");
  };
  const text = buttonText(offer, nowMs, shown?.currency ?? "CNY");
  return (
    <button
      type="button"
      class="buy-button"
      data-testid={testid}
      data-state={offer.kind}
      data-sale={sale.sale_id}
      aria-disabled={!active}
      aria-busy={offer.kind === "buying" || offer.kind === "joining"}
      onClick={press}
    >
      {offer.kind === "sold_out" && <Icon name="bell" />}
      {offer.kind === "counting" ? <span data-testid="countdown">{text}</span> : text}
    </button>
  );
}
