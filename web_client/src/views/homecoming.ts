// Coming back from a pay page. The address says of which order; it is taken out of the address at once,
// so that a reload does not repeat it.
//
// The pay page may have had a tab of its own beside the room. Then the buyer comes back in that tab,
// while the room is still open in the other: the new tab tells the room, and goes.
import type { Signal } from "@preact/signals";

import { type Returned, returned } from "../returned";
import { lastBeside } from "./paying";

const ANSWER_WAIT_MS = 400;

type Word = { kind: "home"; from: Returned } | { kind: "heard"; orderId: string };

export function takeReturn(): Returned | null {
  const from = returned(location.search);
  if (from !== null) history.replaceState(null, "", location.pathname);
  return from;
}

/**
 * Ends this tab if the room that opened it takes the news; else sets `home`, and this tab is the room.
 * Returns what stops listening.
 */
export function meet(roomId: string, from: Returned | null, home: Signal<Returned | null>): () => void {
  const channel = new BroadcastChannel(`kaibo.pay.${roomId}`);
  channel.onmessage = (event: MessageEvent<Word>) => {
    const word = event.data;
    if (word.kind === "home" && word.from.orderId === lastBeside.value) {
      home.value = word.from;
      channel.postMessage({ kind: "heard", orderId: word.from.orderId } satisfies Word);
    }
    if (word.kind === "heard" && word.orderId === from?.orderId) window.close();
  };
  if (from === null) return () => channel.close();
  channel.postMessage({ kind: "home", from } satisfies Word);
  const timer = window.setTimeout(() => (home.value = from), ANSWER_WAIT_MS);
  return () => {
    window.clearTimeout(timer);
    channel.close();
  };
}
