// What the host has said and this screen has not shown yet. A viewer who is 20 s behind would see the
// next product pinned 20 s before the host speaks of it; so news that the host speaks of waits behind
// the curtain until the picture is there. Pure: events in, events out, in their order.
//
// Only what is announced waits: a pin, a product, a sale's start. What was decided (stock, paused,
// ended, your own holds) never waits, because a button must say what the server would.
// See docs/decisions/0007-news-on-the-streams-clock.md.
import type { RoomState } from "./store/state";
import type { EventMessage, SaleView } from "./wire/types.gen";

const WAIT_MAX_MS = 60_000; // longer, and the news is shown before the picture
const EVENTS_MAX = 64; // more, and the oldest are shown before the picture

/** Where the screen is: the moment it shows (null: not known), and the server's time. */
export interface Moment {
  shownMs: number | null;
  nowMs: number;
}

/** The events that wait, oldest first. */
export type Curtain = readonly EventMessage[];

/** Whether `event` is news of the host's that `moment` has not reached. */
export function isAhead(event: EventMessage, state: RoomState, moment: Moment): boolean {
  return isAnnounced(event, state) && waits(event, moment);
}

/** The events that wait no longer, and the rest. */
export function parted(curtain: Curtain, moment: Moment): { due: Curtain; rest: Curtain } {
  const waiting = curtain.findIndex((event) => waits(event, moment));
  const first = waiting === -1 ? curtain.length : waiting;
  const overflow = curtain.length - EVENTS_MAX;
  const count = Math.max(first, overflow);
  return { due: curtain.slice(0, count), rest: curtain.slice(count) };
}

function waits(event: EventMessage, { shownMs, nowMs }: Moment): boolean {
  const saidMs = event[3];
  return shownMs !== null && saidMs > shownMs && nowMs - saidMs < WAIT_MAX_MS;
}

function isAnnounced(event: EventMessage, state: RoomState): boolean {
  switch (event[1]) {
    case "pin":
    case "product":
      return true;
    case "sale":
      return isStart(event[4].sale, state);
    default:
      return false;
  }
}

/** A sale that nobody has heard of is taken at once, so that its stock is followed from then on. */
function isStart(sale: SaleView, state: RoomState): boolean {
  const known = state.sales.get(sale.sale_id);
  return known !== undefined && known.starts_at_ms !== sale.starts_at_ms;
}
