// Receipts of what is held: the server's own word, kept here in case the server ever forgets. One is
// shown (`readmit`) when the server does not list a hold of ours: after a welcome, after the room was
// restored, or when paying finds nothing. A receipt goes when its hold is over or cannot come back.
import { type Answer, mayRetry } from "./answer";
import { uuid7TimeMs } from "./ids";
import type { ErrorBody, HoldView, Readmit, Reserved } from "./wire/types.gen";

export const RECEIPTS_MAX = 20; // the oldest go first
const KEPT_MS = 86_400_000; // the server takes none that is older
const TRIES_MAX = 3;
const RETRY_MS = 1_000;
/** Not now, but perhaps later: the next welcome, or news of the restored room, asks again. */
const LATER = new Set(["STATE_LOST", "PAUSED", "NO_CONNECTION"]);

/** What receipts need of the page around them. */
export interface Desk {
  nowMs: () => number; // the server's clock
  readmit: (body: Readmit) => Promise<Answer<Reserved>>;
  onBack: (reserved: Reserved) => void; // the hold as it is; `replayed` if it had never been lost
  onLost: (reservationId: string, error: ErrorBody) => void; // for good
  wait: (delayMs: number) => Promise<void>;
}

type Kept = Record<string, string>; // by reservation id

export class ReceiptBook {
  readonly #storage: Storage;
  readonly #key: string;
  readonly #desk: Desk;
  readonly #showing = new Map<string, Promise<boolean>>();

  constructor(storage: Storage, roomId: string, desk: Desk) {
    this.#storage = storage;
    this.#key = `kaibo.receipts.${roomId}`;
    this.#desk = desk;
  }

  /** The last receipt of a hold takes the place of earlier ones. */
  keep(reservationId: string, receipt: string | null | undefined): void {
    if (receipt == null) return;
    const kept = Object.entries({ ...this.#kept(), [reservationId]: receipt });
    const young = kept.filter(([id]) => this.#desk.nowMs() - uuid7TimeMs(id) < KEPT_MS);
    this.#write(Object.fromEntries(young.slice(-RECEIPTS_MAX)));
  }

  /** What is over needs no receipt any more. */
  heard(hold: HoldView): void {
    if (hold.state !== "held" && hold.state !== "waiting") this.#drop(hold.reservation_id);
  }

  /** Shows the receipts of all holds that are not among `known`. */
  async present(known: readonly HoldView[]): Promise<void> {
    for (const hold of known) this.heard(hold);
    const listed = new Set(known.map((hold) => hold.reservation_id));
    const missing = Object.keys(this.#kept()).filter((id) => !listed.has(id));
    await Promise.all(missing.map((id) => this.show(id)));
  }

  /** Shows one receipt, if there is one; true when the server has the hold, as it was or as it is. */
  async show(reservationId: string): Promise<boolean> {
    const showing = this.#showing.get(reservationId) ?? this.#show(reservationId);
    this.#showing.set(reservationId, showing);
    const isThere = await showing;
    this.#showing.delete(reservationId);
    return isThere;
  }

  async #show(reservationId: string): Promise<boolean> {
    const receipt = this.#kept()[reservationId];
    if (receipt === undefined) return false;
    const answer = await this.#ask({ receipt });
    if (answer.ok) {
      this.keep(reservationId, answer.body.receipt);
      this.heard(answer.body.hold);
      this.#desk.onBack(answer.body);
      return true;
    }
    if (LATER.has(answer.error.code) || mayRetry(answer.error)) return false;
    this.#drop(reservationId);
    this.#desk.onLost(reservationId, answer.error);
    return false;
  }

  async #ask(body: Readmit): Promise<Answer<Reserved>> {
    let answer = await this.#desk.readmit(body);
    for (let tries = 1; tries < TRIES_MAX && !answer.ok && mayRetry(answer.error); tries += 1) {
      await this.#desk.wait(answer.error.retry_after_ms ?? RETRY_MS);
      answer = await this.#desk.readmit(body);
    }
    return answer;
  }

  #drop(reservationId: string): void {
    const kept = Object.entries(this.#kept());
    this.#write(Object.fromEntries(kept.filter(([id]) => id !== reservationId)));
  }

  #kept(): Kept {
    try {
      const kept: unknown = JSON.parse(this.#storage.getItem(this.#key) ?? "{}");
      return typeof kept === "object" && kept !== null ? (kept as Kept) : {};
    } catch {
      return {};
    }
  }

  #write(kept: Kept): void {
    this.#storage.setItem(this.#key, JSON.stringify(kept));
  }
}
