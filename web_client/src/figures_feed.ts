// Keeps a show's figures fresh: all of them once, then every second or two the minutes that may have
// changed. What the server says replaces what was known, so a lost answer or a reload costs nothing.
import { type Signal, signal } from "@preact/signals";

import { getFigures } from "./api";
import { MINUTE_MS, NO_SHOW, type Show, withNews } from "./figures";
import type { LiveRoom } from "./room";

const EVERY_MS = 1_500;
const LATE_MINUTES = 2; // an order may be counted into a minute that has just gone by

export class FiguresFeed {
  readonly show: Signal<Show> = signal(NO_SHOW);
  /** Whether the last question was answered. */
  readonly fresh: Signal<boolean> = signal(false);
  readonly #room: LiveRoom;
  #timer = 0;
  #stopped = false;

  constructor(room: LiveRoom) {
    this.#room = room;
  }

  /** Asks again and again until the returned function is called. */
  open(): () => void {
    void this.#ask();
    return () => {
      this.#stopped = true;
      window.clearTimeout(this.#timer);
    };
  }

  async #ask(): Promise<void> {
    const { nowMs } = this.show.peek();
    const since = nowMs === 0 ? 0 : Math.floor(nowMs / MINUTE_MS) - LATE_MINUTES;
    const answer = await getFigures(this.#room.roomId, this.#room.token, since);
    if (this.#stopped) return;
    this.fresh.value = answer.ok;
    if (answer.ok) this.show.value = withNews(this.show.peek(), since, answer.body);
    this.#timer = window.setTimeout(() => void this.#ask(), EVERY_MS);
  }
}
