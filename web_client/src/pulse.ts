// The heartbeat of a connection: keeps the clock in step, and notices a connection that is dead
// without saying so. A few quick pings after each welcome, then one every PULSE_MS.
import { NO_ANSWER } from "./answer";
import type { ServerClock } from "./clock";
import type { LiveSocket } from "./socket";

const QUICK_PINGS = 4;
const QUICK_GAP_MS = 250;
const PULSE_MS = 15_000;

export class Pulse {
  readonly #socket: LiveSocket;
  readonly #clock: ServerClock;
  readonly #onSample: () => void;
  #timer = 0;
  #sinceWelcome = 0;

  constructor(socket: LiveSocket, clock: ServerClock, onSample: () => void) {
    this.#socket = socket;
    this.#clock = clock;
    this.#onSample = onSample;
  }

  start(): void {
    this.stop();
    this.#sinceWelcome = 0;
    void this.#beat();
  }

  stop(): void {
    window.clearTimeout(this.#timer);
  }

  async #beat(): Promise<void> {
    const sentMs = Date.now();
    const pong = await this.#socket.request("ping", { sent_at_ms: sentMs });
    if (!pong.ok) {
      if (pong.error.code === NO_ANSWER) this.#socket.reopen();
      return;
    }
    const { received_at_ms, replied_at_ms } = pong.body;
    this.#clock.add({
      sentMs,
      receivedMs: received_at_ms,
      repliedMs: replied_at_ms,
      returnedMs: Date.now(),
    });
    this.#onSample();
    this.#sinceWelcome += 1;
    const gapMs = this.#sinceWelcome < QUICK_PINGS ? QUICK_GAP_MS : PULSE_MS;
    this.#timer = window.setTimeout(() => void this.#beat(), gapMs);
  }
}
