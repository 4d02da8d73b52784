// Buying, so that it happens once. A press makes a reservation id and writes it down before it is
// sent; the same id is sent again after a silence, a drop or a reload, and the server answers what
// it answered first. It is struck out only when an answer is known.
//
// A purchase nobody answered for RESEND_MAX_MS is not sent again: buying something long after the
// press is not what was asked. Whether it was executed is looked up in the list of holds instead.
import { type Answer, mayRetry, NO_CONNECTION, refused } from "./answer";
import { newId, uuid7TimeMs } from "./ids";
import type { Pending } from "./store/state";
import type { ErrorBody, HoldView, Reserve, Reserved } from "./wire/types.gen";

const RESEND_MAX_MS = 60_000;
const RETRY_MS = 1_000;

/** What a purchase needs of the page around it. */
export interface Counter {
  nowMs: () => number; // the server's clock
  reserve: (body: Reserve) => Promise<Answer<Reserved>>;
  onPending: (pending: Pending) => void;
  onHeld: (hold: HoldView) => void;
  onRefused: (error: ErrorBody, pending: Pending) => void;
  wait: (delayMs: number) => Promise<void>;
}

export const GAVE_UP = "GAVE_UP";

export class Purchases {
  readonly #storage: Storage;
  readonly #key: string;
  readonly #counter: Counter;
  readonly #sending = new Set<string>();

  constructor(storage: Storage, roomId: string, counter: Counter) {
    this.#storage = storage;
    this.#key = `kaibo.pending.${roomId}`;
    this.#counter = counter;
    for (const pending of this.#kept()) counter.onPending(pending);
  }

  /** `orWait`: a place on the waitlist, if the sale is still sold out. */
  buy(saleId: string, quantity: number, orWait = false): void {
    const reservationId = newId(this.#counter.nowMs());
    const pending: Pending = { reservation_id: reservationId, lines: [{ sale_id: saleId, quantity }] };
    if (orWait) pending.or_wait = true;
    this.#write([...this.#kept(), pending]);
    this.#counter.onPending(pending);
    void this.#send(pending);
  }

  /** After a welcome: `known` are the holds the server has for you. */
  resume(known: readonly HoldView[]): void {
    for (const pending of this.#kept()) {
      const hold = known.find((one) => one.reservation_id === pending.reservation_id);
      if (hold !== undefined) this.#settle(pending, () => this.#counter.onHeld(hold));
      else void this.#send(pending);
    }
  }

  /** A hold was heard of otherwise, for instance from its event. */
  heard(hold: HoldView): void {
    const pending = this.#kept().find((one) => one.reservation_id === hold.reservation_id);
    if (pending !== undefined) this.#settle(pending, () => this.#counter.onHeld(hold));
  }

  async #send(pending: Pending): Promise<void> {
    if (this.#sending.has(pending.reservation_id)) return;
    this.#sending.add(pending.reservation_id);
    const answer = await this.#ask(pending);
    this.#sending.delete(pending.reservation_id);
    if (answer.ok) this.#settle(pending, () => this.#counter.onHeld(answer.body.hold));
    else if (answer.error.code !== NO_CONNECTION) {
      this.#settle(pending, () => this.#counter.onRefused(answer.error, pending));
    }
  }

  /** Asks until there is an answer, the connection is gone, or it has become too late. */
  async #ask(pending: Pending): Promise<Answer<Reserved>> {
    for (;;) {
      if (this.#isTooLate(pending)) return refused(GAVE_UP);
      const answer = await this.#counter.reserve(pending);
      if (answer.ok || !mayRetry(answer.error)) return answer;
      await this.#counter.wait(answer.error.retry_after_ms ?? RETRY_MS);
    }
  }

  #isTooLate(pending: Pending): boolean {
    return this.#counter.nowMs() - uuid7TimeMs(pending.reservation_id) > RESEND_MAX_MS;
  }

  #settle(pending: Pending, tell: () => void): void {
    const kept = this.#kept();
    if (!kept.some((one) => one.reservation_id === pending.reservation_id)) return;
    this.#write(kept.filter((one) => one.reservation_id !== pending.reservation_id));
    tell();
  }

  #kept(): Pending[] {
    try {
      const kept: unknown = JSON.parse(this.#storage.getItem(this.#key) ?? "[]");
      return Array.isArray(kept) ? (kept as Pending[]) : [];
    } catch {
      return [];
    }
  }

  #write(pending: readonly Pending[]): void {
    this.#storage.setItem(this.#key, JSON.stringify(pending));
  }
}
