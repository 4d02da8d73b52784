// One room as a page sees it: the state as a signal, and what a person can do, as methods.
// This is the only wiring: socket -> reduce -> signal; views call the methods below.
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";

import type { Answer } from "./answer";
import { liveUrl } from "./api";
import { ServerClock } from "./clock";
import { type Curtain, isAhead, type Moment, parted } from "./curtain";
import { newId } from "./ids";
import { LikeBatch } from "./likes";
import { Pulse } from "./pulse";
import { Restocking } from "./restock";
import { LiveSocket } from "./socket";
import { type LocalMessage, type Message, reduce } from "./store/reduce";
import { EMPTY, type Connection, type RoomState } from "./store/state";
import { StreamClock } from "./stream_clock";
import { Till } from "./till";
import { toastRefusal, toastText } from "./toasts";
import { CLOSE, type Commands, type EventMessage, type Op, type Replies, type WelcomeMessage } from "./wire/types.gen";

const TICK_MS = 100;

/** Gets another token after the server refused this one; null when there is none to get. */
export type Renew = () => Promise<string | null>;

export class LiveRoom {
  readonly roomId: string;
  readonly state: Signal<RoomState> = signal(EMPTY);
  /** The server's time, moving ten times a second: what every countdown reads. */
  readonly nowMs: ReadonlySignal<number>;
  readonly latencyMs: Signal<number | null> = signal(null);
  /** How far this screen is behind the studio, to the second; null where that is not known. */
  readonly behindMs: Signal<number | null> = signal(null);
  /** How much of the host's news waits for the picture. */
  readonly newsAhead: Signal<number> = signal(0);
  /** Buying, paying and letting go. */
  readonly till: Till;

  readonly #clock = new ServerClock(Date.now);
  readonly #now: Signal<number>;
  readonly #socket: LiveSocket;
  readonly #pulse: Pulse;
  readonly #likes: LikeBatch;
  readonly #renew: Renew;
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #stream = new StreamClock();
  #curtain: Curtain = [];
  #snapshotOffset = 0;
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
    this.till = this.#openTill();
    this.#likes = new LikeBatch((count) => void this.#socket.request("like", { count }));
    window.setInterval(() => this.#tick(), TICK_MS);
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

  /** Lists the products in this order; shown at once, so that the next move is one from there. */
  async orderProducts(productIds: string[]): Promise<boolean> {
    const answer = await this.ask("order_products", { product_ids: productIds });
    if (answer.ok) this.#tell(["ordered", productIds]);
    return answer.ok;
  }

  /** The player shows the picture taken at `pictureMs`; null when it does not know. */
  pictureAt(pictureMs: number | null): void {
    this.#stream.at(pictureMs, this.#clock.nowMs());
  }

  async vote(pollId: string, option: number): Promise<void> {
    const answer = await this.#socket.request("vote", { poll_id: pollId, option });
    const known = answer.ok ? answer.body.option : answer.error.option; // of an earlier vote
    if (typeof known === "number") this.#tell(["voted", pollId, known]);
    if (!answer.ok) toastRefusal(answer.error);
  }

  putPollAway(): void {
    this.#tell(["poll_put_away"]);
  }

  /** Asks the host; true when the question stands in the list. */
  async askHost(text: string): Promise<boolean> {
    const questionId = newId(this.#clock.nowMs());
    const answer = await this.ask("ask_question", { text, question_id: questionId });
    if (answer.ok) this.#tell(["question", answer.body.question]);
    return answer.ok;
  }

  async upvote(questionId: string): Promise<void> {
    const answer = await this.ask("upvote", { question_id: questionId });
    if (!answer.ok) return;
    this.#tell(["upvoted", questionId]);
    this.#tell(["question", answer.body.question]);
  }

  closeAnnouncement(): void {
    this.#tell(["announcement_closed"]);
  }

  like(): void {
    this.#tell(["liked", 1]);
    this.#likes.add();
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

  #openTill(): Till {
    return new Till({
      roomId: this.roomId,
      storage: sessionStorage,
      nowMs: () => this.#clock.nowMs(),
      state: () => this.state.value,
      tell: (message) => this.#tell(message),
      request: (op, body) => this.#socket.request(op, body),
      ask: (op, body) => this.ask(op, body),
      wait,
    });
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    this.#now.value = nowMs;
    const behindMs = this.#stream.behindMs(nowMs);
    this.behindMs.value = behindMs === null ? null : Math.round(behindMs / 1000) * 1000;
    this.#part({ shownMs: this.#stream.shownMs(nowMs), nowMs });
  }

  #receive(message: WelcomeMessage | EventMessage): void {
    for (const hear of this.#listeners) hear(message);
    if (message[0] === "welcome") this.#onWelcome(message);
    else if (message[1] === "hold") this.till.hear(message[4].hold);
    else if (message[1] === "restored") void this.till.catchUp();
    else this.#onEvent(message);
  }

  #onWelcome(message: WelcomeMessage): void {
    this.#clock.roughly(message[2].now_ms);
    this.#snapshotOffset = message[2].position.offset;
    this.#curtain = []; // the snapshot shows all of it
    this.#tell(message);
  }

  /** What the snapshot has already is shown in its turn, however far behind the picture is. */
  #onEvent(event: EventMessage): void {
    const nowMs = this.#clock.nowMs();
    const moment = { shownMs: this.#stream.shownMs(nowMs), nowMs };
    const isNew = event[2] !== null && event[2] > this.#snapshotOffset;
    if (isNew && isAhead(event, this.state.value, moment)) this.#curtain = [...this.#curtain, event];
    else this.#tell(event);
    this.#part(moment);
  }

  /** Shows what waited for the picture and waits no longer. */
  #part(moment: Moment): void {
    const { due, rest } = parted(this.#curtain, moment);
    this.#curtain = rest;
    this.newsAhead.value = rest.length;
    for (const event of due) this.#tell(event);
  }

  async #onConnection(connection: Connection): Promise<void> {
    this.#tell(["connection", connection]);
    this.#pulse.stop();
    if (connection.kind === "open") {
      this.#renewed = false;
      this.#pulse.start();
      await this.till.catchUp();
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
