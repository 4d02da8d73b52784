// What is held for you and what you bought, newest first. The timers run on the server's clock.
import { clockText } from "../duration";
import { type Key, money, t, when } from "../i18n";
import { type Returned, returnNote } from "../returned";
import type { HoldView } from "../wire/types.gen";
import { AskOnce } from "./ask_once";
import { useFields, usePlayer, useRoom } from "./context";
import { Badge, Picture } from "./parts";
import { pay, payPage, payPageOpened } from "./paying";

/** `from`: the order whose pay page the viewer just came back from. */
export function Orders({ from }: { from: Returned | null }) {
  const { holds, holdsKnown } = useFields("holds", "holdsKnown");
  const newestFirst = [...holds.values()].sort((one, other) => other.created_at_ms - one.created_at_ms);
  if (newestFirst.length === 0) {
    return <p class="empty">{t(holdsKnown ? "orders.empty" : "orders.loading")}</p>;
  }
  return (
    <ul class="orders" data-testid="orders">
      {newestFirst.map((hold) => (
        <Order key={hold.reservation_id} hold={hold} from={from} />
      ))}
    </ul>
  );
}

function Order({ hold, from }: { hold: HoldView; from: Returned | null }) {
  const room = useRoom();
  const currency = room.state.value.room?.currency ?? "CNY";
  const leftMs = hold.deadline_ms - room.nowMs.value;
  // Past its deadline a hold may still be "held" for a moment: until the server says what became of it.
  const payable = hold.state === "held" && leftMs > 0;
  const note = hold.offered === true && payable ? "order.offered" : returnNote(from, hold, payable);
  return (
    <li class="order" data-testid="order-item" data-state={hold.state} data-id={hold.reservation_id}>
      <div class="order-head">
        <Badge state={hold.state}>{t(`order.${hold.state}` satisfies Key)}</Badge>
        <time>{when(hold.created_at_ms)}</time>
        <span class="order-id">{t("orders.id", { id: shortId(hold.reservation_id) })}</span>
      </div>
      {hold.lines.map((line) => (
        <OrderLine key={line.sale_id} productId={line.product_id} quantity={line.quantity} />
      ))}
      <div class="order-foot">
        <strong class="order-amount">{money(hold.amount_cents, currency)}</strong>
        {payable && (
          <span class="order-left" data-testid="order-countdown" role="timer">
            {t("order.left", { time: clockText(leftMs) })}
          </span>
        )}
      </div>
      {note !== null && (
        <p class="order-note" data-testid="order-note" data-key={note}>
          {t(note, { time: clockText(leftMs) })}
        </p>
      )}
      {payable && <PayOrCancel hold={hold} currency={currency} />}
      {hold.state === "waiting" && <LeaveWaitlist hold={hold} />}
    </li>
  );
}

function LeaveWaitlist({ hold }: { hold: HoldView }) {
  const { till } = useRoom();
  return (
    <div class="order-actions">
      <span class="order-hint">{t("order.inLine")}</span>
      <AskOnce
        label={t("order.leave")}
        question={t("order.leaveAsk")}
        testid="leave-button"
        act={() => void till.cancel(hold.reservation_id)}
      />
    </div>
  );
}

function PayOrCancel({ hold, currency }: { hold: HoldView; currency: string }) {
  const room = useRoom();
  return (
    <div class="order-actions">
      <AskOnce
        label={t("order.cancel")}
        question={t("order.cancelAsk")}
        testid="cancel-button"
        act={() => void room.till.cancel(hold.reservation_id)}
      />
      <PayButton hold={hold} currency={currency} />
    </div>
  );
}

/** While the pay page is beside the room, a link to it: pressing it again must not pay again. */
function PayButton({ hold, currency }: { hold: HoldView; currency: string }) {
  const room = useRoom();
  const player = usePlayer();
  const page = payPage.value;
  if (page?.reservationId === hold.reservation_id) {
    return (
      <a class="main-button" href={page.url} target="_blank" rel="noopener" data-testid="pay-link" onClick={payPageOpened}>
        {t(page.isOpen ? "order.payAgain" : "order.payPage")}
      </a>
    );
  }
  return (
    <button
      type="button"
      class="main-button"
      data-testid="pay-button"
      onClick={() => void pay(room, player, hold.reservation_id)}
    >
      {t("order.pay", { amount: money(hold.amount_cents, currency) })}
    </button>
  );
}

function OrderLine({ productId, quantity }: { productId: string; quantity: number }) {
  const product = useRoom().state.value.products.get(productId);
  return (
    <div class="order-line">
      <Picture url={product?.picture_url ?? null} title="" />
      <span class="card-title">{product?.title ?? productId}</span>
      <span class="order-quantity">{t("order.quantity", { count: quantity })}</span>
    </div>
  );
}

/** The end of the id: its beginning is only the time. */
export function shortId(id: string): string {
  return id.slice(-8).toUpperCase();
}
