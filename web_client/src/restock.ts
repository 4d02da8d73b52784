// Adjusting stock, so that it happens once. The id is made when the form opens, and every press of
// its button sends that id: after a silence or a drop nobody knows whether the first press was
// carried out, and the server answers a repeated id with what it answered first.
import { type Answer, mayRetry } from "./answer";
import { newId } from "./ids";
import type { Restock, SaleReply } from "./wire/types.gen";

const TRIES_MAX = 4;
const RETRY_MS = 1_000;

/** What an adjustment needs of the page around it. */
export interface Storeroom {
  nowMs: () => number; // the server's clock
  restock: (body: Restock) => Promise<Answer<SaleReply>>;
  wait: (delayMs: number) => Promise<void>;
}

export class Restocking {
  readonly #saleId: string;
  readonly #id: string;
  readonly #storeroom: Storeroom;

  constructor(saleId: string, storeroom: Storeroom) {
    this.#saleId = saleId;
    this.#id = newId(storeroom.nowMs());
    this.#storeroom = storeroom;
  }

  /** One press. Other `units` after an unanswered press are refused with KEY_REUSED if that one was
   * carried out. */
  async send(units: number): Promise<Answer<SaleReply>> {
    const body = { restock_id: this.#id, sale_id: this.#saleId, units };
    for (let tries = 1; ; tries += 1) {
      const answer = await this.#storeroom.restock(body);
      if (answer.ok || tries >= TRIES_MAX || !mayRetry(answer.error)) return answer;
      await this.#storeroom.wait(answer.error.retry_after_ms ?? RETRY_MS);
    }
  }
}
