// One room as a page sees it: the state as a signal, and what a person can do, as methods.
// This is the only wiring: socket -> reduce -> signal; views call the methods below.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";

import type { Answer } from "./answer";
import { liveUrl } from "./api";
import { ServerClock } from "./clock";
import { LikeBatch } from "./likes";
import { GAVE_UP, Purchases } from "./purchase";
import { Pulse } from "./pulse";
import { Restocking } from "./restock";
import { LiveSocket } from "./socket";
import { type LocalMessage, type Message, reduce } from "./store/reduce";
import { EMPTY, type Connection, type Pending, type RoomState } from "./store/state";
import { toastRefusal, toastText } from "./toasts";
import { CLOSE, type Commands, type ErrorBody, type HoldView, type Op, type Replies } from "./wire/types.gen";

const TICK_MS = 100;

/** Gets another token after the server refused this one; null when there is none to get. */
export type Renew = () => Promise<string | null>;

export class LiveRoom {
  readonly roomId: string;
  readonly state: Signal<RoomState> = signal(EMPTY);
  /** The server's time, moving ten times a second: what every countdown reads. */
  readonly nowMs: ReadonlySignal<number>;
  readonly latencyMs: Signal<number | null> = signal(null);

  readonly #clock = new ServerClock(Date.now);
  readonly #now: Signal<number>;
  readonly #socket: LiveSocket;
  readonly #pulse: Pulse;
  readonly #purchases: Purchases;
  readonly #likes: LikeBatch;
  readonly #renew: Renew;
  readonly #listeners = new Set<(message: Message) => void>();
  #token: string;
  #renewed = false;

  constructor(roomId: string, token: string, renew: Renew) {
    this.roomId = roomId;
    this.#token = token;
    this.#renew = renew;
    this.#now = signal(this.#clock.nowMs());
    this.nowMs = computed(() => this.#now.value);
    this.#socket = new LiveSocket(liveUrl(roomId), () => this.#token, {
      onMessage: (message) => this.#receive(message),
      onState: (connection) => void this.#onConnection(connection),
    });
    this.#pulse = new Pulse(this.#socket, this.#clock, () => {
      this.latencyMs.value = this.#clock.latencyMs();
    });
    this.#purchases = this.#openPurchases();
    this.#likes = new LikeBatch((count) => void this.#socket.request("like", { count }));
    window.setInterval(() => (this.#now.value = this.#clock.nowMs()), TICK_MS);
    window.addEventListener("online", () => this.#socket.hurry());
    document.addEventListener("visibilitychange", () => this.#onVisibility());
    this.#socket.open();
  }

  /** Ends the connection for good: this page has nothing to do here. */
  leave(): void {
    this.#pulse.stop();
    this.#socket.close();
  }

  get token(): string {
    return this.#token;
  }

  /** Says it; true when the room has it. The answer's own comment is shown at once. */
  async comment(text: string): Promise<boolean> {
    const answer = await this.ask("comment", { text });
    if (answer.ok) this.#tell(["said", answer.body.comment]);
    return answer.ok;
  }

  closeAnnouncement(): void {
    this.#tell(["announcement_closed"]);
  }

  like(): void {
    this.#tell(["liked", 1]);
    this.#likes.add();
  }

  buy(saleId: string, quantity = 1): void {
    this.#purchases.buy(saleId, quantity);
  }

  /** Starts paying and leaves for the pay page. */
  async pay(reservationId: string): Promise<void> {
    const answer = await this.ask("pay", { reservation_id: reservationId });
    if (!answer.ok) return;
    this.#hear(answer.body.hold);
    location.assign(answer.body.pay_url);
  }

  async cancel(reservationId: string): Promise<void> {
    const answer = await this.ask("cancel", { reservation_id: reservationId });
    if (answer.ok) this.#hear(answer.body.hold);
  }

  /** One adjustment of a sale's stock, to be sent until it is answered. */
  restocking(saleId: string): Restocking {
    return new Restocking(saleId, {
      nowMs: () => this.#clock.nowMs(),
      restock: (body) => this.#socket.request("restock", body),
      wait,
    });
  }

  /** Sends it; what came of it is shown. True when the form has done its work. */
  async restock(restocking: Restocking, units: number): Promise<boolean> {
    const answer = await restocking.send(units);
    if (!answer.ok && answer.error.code === "KEY_REUSED") {
      toastText("toast.restockedBefore", "plain"); // and the form was changed since
      return true;
    }
    if (answer.ok) toastText("toast.restocked", "good");
    return this.#shown<"restock">(answer).ok;
  }

  /** A command whose refusal is shown in plain words; a sale in the reply is heard. */
  async ask<O extends Op>(op: O, body: Commands[O]): Promise<Answer<Replies[O]>> {
    return this.#shown(await this.#socket.request(op, body));
  }

  /** A command that nobody waits for: a refusal is not worth words. */
  quietly<O extends Op>(op: O, body: Commands[O]): Promise<Answer<Replies[O]>> {
    return this.#socket.request(op, body);
  }

  /** Calls `hear` with everything that comes, before it is shown, until the returned function is called. */
  listen(hear: (message: Message) => void): () => void {
    this.#listeners.add(hear);
    return () => this.#listeners.delete(hear);
  }

  #shown<O extends Op>(answer: Answer<Replies[O]>): Answer<Replies[O]> {
    if (!answer.ok) toastRefusal(answer.error);
    else if ("sale" in answer.body) this.#tell(["sale", answer.body.sale]);
    return answer;
  }

  #openPurchases(): Purchases {
    return new Purchases(sessionStorage, this.roomId, {
      nowMs: () => this.#clock.nowMs(),
      reserve: (body) => this.#socket.request("reserve", body),
      onPending: (pending) => this.#tell(["pending", pending]),
      onHeld: (hold) => this.#onHeld(hold),
      onRefused: (error, pending) => this.#onRefused(error, pending),
      wait,
    });
  }

  #onHeld(hold: HoldView): void {
    this.#tell(["hold", hold]);
    this.#tell(["settled", hold.reservation_id]);
    if (hold.state === "held") toastText("toast.held", "good");
  }

  #onRefused(error: ErrorBody, pending: Pending): void {
    this.#tell(["settled", pending.reservation_id]);
    if (error.code === "USER_LIMIT") {
      this.#tell(["limited", pending.lines.map((line) => line.sale_id)]);
    }
    toastRefusal(error);
    if (error.code === GAVE_UP) void this.#loadHolds();
  }

  #receive(message: Message): void {
    for (const hear of this.#listeners) hear(message);
    if (message[0] === "welcome") this.#clock.roughly(message[2].now_ms);
    if (message[0] === "event" && message[1] === "hold") this.#hear(message[4].hold);
    else this.#tell(message);
  }

  /** News of a hold of ours: tell the outcome when it is one that nobody pressed for here. */
  #hear(hold: HoldView): void {
    const before = this.state.value.holds.get(hold.reservation_id)?.state;
    this.#tell(["hold", hold]);
    this.#purchases.heard(hold);
    const after = this.state.value.holds.get(hold.reservation_id)?.state;
    if (before === undefined || before === after) return;
    if (after === "paid") toastText("toast.paid", "good");
    if (after === "expired") toastText("toast.expired", "plain");
    if (after === "refund_due") toastText("toast.refund_due", "bad");
  }

  async #onConnection(connection: Connection): Promise<void> {
    this.#tell(["connection", connection]);
    this.#pulse.stop();
    if (connection.kind === "open") {
      this.#renewed = false;
      this.#pulse.start();
      await this.#loadHolds();
    }
    if (connection.kind === "stopped" && connection.closeCode === CLOSE.BAD_TOKEN) {
      await this.#replaceToken();
    }
  }

  /** A phone that slept may hold a dead connection that still looks open: ask at once. */
  #onVisibility(): void {
    if (document.hidden) return;
    if (this.state.value.connection.kind === "open") this.#pulse.start();
    else this.#socket.hurry();
  }

  async #loadHolds(): Promise<void> {
    const answer = await this.#socket.request("holds", {});
    if (!answer.ok) return; // the next welcome asks again
    this.#tell(["holds", answer.body.holds]);
    this.#purchases.resume(answer.body.holds);
  }

  /** Once per refusal, so that a server that refuses every token is not asked forever. */
  async #replaceToken(): Promise<void> {
    if (this.#renewed) return;
    this.#renewed = true;
    const token = await this.#renew();
    if (token === null) return;
    this.#token = token;
    this.#socket.open();
  }

  #tell(message: Message | LocalMessage): void {
    this.state.value = reduce(this.state.value, message);
  }
}

function wait(delayMs: number): Promise<void> {
  return new Promise((resolve) => window.setTimeout(resolve, delayMs));
}
