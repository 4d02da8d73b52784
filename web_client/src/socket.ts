// One room's connection: opens, reopens, and matches answers to commands by id.
//
// It never queues: a command without a connection is refused at once with NO_CONNECTION, and one
// whose connection drops likewise. What must survive a drop (a purchase) is kept by its owner and
// sent again under the same id, because only the owner knows whether it still makes sense.
import { type Answer, NO_ANSWER, NO_CONNECTION, refused } from "./answer";
import { backoffMs, hintedMs, isFinal } from "./backoff";
import type { Connection } from "./store/state";
import { decodeMessage, encodeCommand } from "./wire/codec";
import type { Commands, EventMessage, Op, Replies, WelcomeMessage } from "./wire/types.gen";

const ANSWER_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
const PROTOCOL = "kaibo.v1.msgpack";
const BEARER = "kaibo.bearer.";
const GOING_ON_PURPOSE = 1000;

export interface SocketEvents {
  onMessage: (message: WelcomeMessage | EventMessage) => void;
  onState: (state: Connection) => void;
}

interface Position {
  epoch: string;
  offset: number;
}

export function sinceQuery(position: Position | null): string {
  return position === null ? "" : `?since=${position.epoch}:${position.offset}`;
}

interface Waiting {
  answer: (answer: Answer<never>) => void;
  timer: number;
}

export class LiveSocket {
  readonly #url: string;
  readonly #token: () => string;
  readonly #events: SocketEvents;
  readonly #waiting = new Map<number, Waiting>();
  #socket: WebSocket | null = null;
  #welcomed = false;
  #attempt = 0;
  #position: Position | null = null; // where we are, so that a reconnect tells what was missed
  #nextId = 1;
  #timer = 0;

  constructor(url: string, token: () => string, events: SocketEvents) {
    this.#url = url;
    this.#token = token;
    this.#events = events;
  }

  open(): void {
    window.clearTimeout(this.#timer);
    if (this.#attempt === 0) this.#events.onState({ kind: "connecting" });
    const socket = new WebSocket(this.#url + sinceQuery(this.#position), [PROTOCOL, BEARER + this.#token()]);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => this.#onFrame(event.data);
    socket.onclose = (event) => this.#onClose(event.code, event.reason);
    this.#socket = socket;
    this.#timer = window.setTimeout(() => this.#lose(socket), CONNECT_TIMEOUT_MS);
  }

  /** Leaves for good: no reconnect. */
  close(): void {
    window.clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#detach();
    socket?.close(GOING_ON_PURPOSE);
  }

  /** Gives up on a connection that no longer answers, and opens another. */
  reopen(): void {
    if (this.#socket !== null) this.#lose(this.#socket);
    else this.hurry();
  }

  /** Tries now instead of when the backoff ends: the network is known to be back. */
  hurry(): void {
    if (this.#socket === null && this.#attempt > 0) this.open();
  }

  request<O extends Op>(op: O, body: Commands[O]): Promise<Answer<Replies[O]>> {
    const socket = this.#socket;
    if (!this.#welcomed || socket === null) return Promise.resolve(refused(NO_CONNECTION));
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = window.setTimeout(() => this.#answer(id, refused(NO_ANSWER)), ANSWER_TIMEOUT_MS);
      this.#waiting.set(id, { answer: resolve, timer });
      socket.send(encodeCommand([op, id, body]));
    });
  }

  #onFrame(frame: ArrayBuffer): void {
    const message = decodeMessage(frame);
    if (message === null) return;
    switch (message[0]) {
      case "reply":
        this.#answer(message[1], { ok: true, body: message[2] as never });
        return;
      case "error":
        if (message[1] !== null) this.#answer(message[1], { ok: false, error: message[2] });
        return;
      case "welcome":
        window.clearTimeout(this.#timer);
        this.#welcomed = true;
        this.#attempt = 0;
        // Recovered: the missed events follow, and each moves the position itself.
        if (!message[1].recovered) this.#position = { ...message[2].position };
        this.#events.onMessage(message);
        this.#events.onState({ kind: "open" });
        return;
      case "event":
        if (message[2] !== null && this.#position !== null) this.#position.offset = message[2];
        this.#events.onMessage(message);
    }
  }

  #answer(id: number, answer: Answer<never>): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    window.clearTimeout(waiting.timer);
    waiting.answer(answer);
  }

  #lose(socket: WebSocket): void {
    socket.onclose = null;
    socket.onmessage = null;
    socket.close();
    this.#onClose(0, "");
  }

  #onClose(code: number, reason: string): void {
    window.clearTimeout(this.#timer);
    this.#detach();
    if (isFinal(code)) {
      this.#events.onState({ kind: "stopped", closeCode: code });
      return;
    }
    this.#attempt += 1;
    this.#events.onState({ kind: "waiting", attempt: this.#attempt });
    const waitMs = hintedMs(reason) ?? backoffMs(this.#attempt, Math.random());
    this.#timer = window.setTimeout(() => this.open(), waitMs);
  }

  #detach(): void {
    if (this.#socket !== null) {
      this.#socket.onclose = null;
      this.#socket.onmessage = null;
    }
    this.#socket = null;
    this.#welcomed = false;
    for (const id of [...this.#waiting.keys()]) this.#answer(id, refused(NO_CONNECTION));
  }
}
