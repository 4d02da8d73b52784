// Buying, paying and letting go, as the page does it: what is pressed, what is heard of it later from
// the server, and the words for what came of it.
import type { Answer } from "./answer";
import type { Key } from "./i18n";
import { GAVE_UP, Purchases } from "./purchase";
import { ReceiptBook } from "./receipts";
import type { LocalMessage } from "./store/reduce";
import type { Pending, RoomState } from "./store/state";
import { type Tone, toastRefusal, toastText } from "./toasts";
import type { Commands, ErrorBody, HoldView, Op, Replies, Reserve, Reserved } from "./wire/types.gen";

const BUY_ANEW_MS = 1_000;

/** What the till needs of the room around it. */
export interface Shop {
  roomId: string;
  storage: Storage;
  nowMs: () => number;
  state: () => RoomState;
  tell: (message: LocalMessage) => void;
  request: <O extends Op>(op: O, body: Commands[O]) => Promise<Answer<Replies[O]>>;
  ask: <O extends Op>(op: O, body: Commands[O]) => Promise<Answer<Replies[O]>>;
  wait: (delayMs: number) => Promise<void>;
}

export class Till {
  readonly #shop: Shop;
  readonly #purchases: Purchases;
  readonly #receipts: ReceiptBook;

  constructor(shop: Shop) {
    this.#shop = shop;
    this.#purchases = new Purchases(shop.storage, shop.roomId, {
      nowMs: shop.nowMs,
      reserve: (body) => this.#reserve(body),
      onPending: (pending) => shop.tell(["pending", pending]),
      onHeld: (hold) => this.#onHeld(hold),
      onRefused: (error, pending) => this.#onRefused(error, pending),
      wait: shop.wait,
    });
    this.#receipts = new ReceiptBook(shop.storage, shop.roomId, {
      nowMs: shop.nowMs,
      readmit: (body) => shop.request("readmit", body),
      onBack: (reserved) => this.#onBack(reserved),
      onLost: (reservationId) => this.#onLost(reservationId),
      wait: shop.wait,
    });
  }

  buy(saleId: string, quantity = 1): void {
    this.#purchases.buy(saleId, quantity);
  }

  /** A unit if one has come back meanwhile, else a place on the waitlist. */
  joinWaitlist(saleId: string): void {
    this.#purchases.buy(saleId, 1, true);
  }

  /** Starts paying: the address of the pay page, or null when the server refused. */
  async pay(reservationId: string): Promise<string | null> {
    const body = { reservation_id: reservationId };
    let answer = await this.#shop.request("pay", body);
    const isUnknown = !answer.ok && answer.error.code === "UNKNOWN_HOLD";
    if (isUnknown && (await this.#receipts.show(reservationId))) {
      answer = await this.#shop.request("pay", body);
    }
    if (!answer.ok) {
      toastRefusal(answer.error);
      return null;
    }
    this.#receipts.keep(reservationId, answer.body.receipt);
    this.hear(answer.body.hold);
    return answer.body.pay_url;
  }

  async cancel(reservationId: string): Promise<void> {
    const answer = await this.#shop.ask("cancel", { reservation_id: reservationId });
    if (answer.ok) this.hear(answer.body.hold);
  }

  /** News of a hold of ours: tell the outcome when it is one that nobody pressed for here. */
  hear(hold: HoldView): void {
    const before = this.#shop.state().holds.get(hold.reservation_id)?.state;
    this.#shop.tell(["hold", hold]);
    this.#purchases.heard(hold);
    this.#receipts.heard(hold);
    const after = this.#shop.state().holds.get(hold.reservation_id)?.state;
    if (before !== undefined && after !== undefined) tellChange(before, after);
  }

  /** After a welcome, or when the room was restored: what is ours by the ledger, then what was not
   * answered yet, once more, and the receipts of what is missing. */
  async catchUp(): Promise<void> {
    const answer = await this.#shop.request("holds", {});
    if (!answer.ok) return; // the next welcome asks again
    this.#shop.tell(["holds", answer.body.holds]);
    this.#purchases.resume(answer.body.holds);
    await this.#receipts.present(answer.body.holds);
  }

  async #reserve(body: Reserve): Promise<Answer<Reserved>> {
    const answer = await this.#shop.request("reserve", body);
    if (answer.ok) this.#receipts.keep(body.reservation_id, answer.body.receipt);
    return answer;
  }

  #onBack({ hold, replayed }: Reserved): void {
    this.hear(hold);
    if (!replayed) toastText("toast.readmitted", "good");
  }

  #onLost(reservationId: string): void {
    this.#shop.tell(["lost", reservationId]);
    toastText("toast.lost", "bad");
  }

  #onHeld(hold: HoldView): void {
    this.#shop.tell(["hold", hold]);
    this.#shop.tell(["settled", hold.reservation_id]);
    if (hold.state === "held") toastText("toast.held", "good");
    if (hold.state === "waiting") toastText("toast.waiting", "good");
  }

  #onRefused(error: ErrorBody, pending: Pending): void {
    this.#shop.tell(["settled", pending.reservation_id]);
    if (error.code === "STALE_EPOCH") void this.#buyAnew(pending);
    if (error.code === "USER_LIMIT") {
      this.#shop.tell(["limited", pending.lines.map((line) => line.sale_id)]);
    }
    toastRefusal(error);
    if (error.code === GAVE_UP) void this.catchUp();
  }

  /** Nobody knows what became of the press, so the hold, if it was one, is gone: a new id. */
  async #buyAnew(pending: Pending): Promise<void> {
    await this.#shop.wait(BUY_ANEW_MS);
    for (const line of pending.lines) {
      this.#purchases.buy(line.sale_id, line.quantity, pending.or_wait);
    }
  }
}

type State = HoldView["state"];

const NEWS: Partial<Record<State, [Key, Tone]>> = {
  paid: ["toast.paid", "good"],
  expired: ["toast.expired", "plain"],
  refund_due: ["toast.refund_due", "bad"],
  refunded: ["toast.refunded", "plain"],
};
const NEWS_AFTER_WAITING: Partial<Record<State, [Key, Tone]>> = {
  held: ["toast.offered", "good"],
  expired: ["toast.unserved", "plain"],
};

/** Says what became of a hold, if anything did. */
function tellChange(before: State, after: State): void {
  if (before === after) return;
  const news = (before === "waiting" ? NEWS_AFTER_WAITING : NEWS)[after];
  if (news !== undefined) toastText(...news);
}
