// Your own holds, and the purchases that nobody has answered yet. A hold only moves forward: on the
// waiting list, held, finished, whatever order the news arrives in.
import type { HoldView } from "../wire/types.gen";
import type { RoomState } from "./state";

const FINALITY: Record<HoldView["state"], number> = {
  waiting: 0,
  held: 1,
  cancelled: 2,
  expired: 2,
  paid: 3,
  refund_due: 3,
  refunded: 4,
};

export function withHold(state: RoomState, hold: HoldView): RoomState {
  const known = state.holds.get(hold.reservation_id);
  if (known !== undefined && isOlder(hold, known)) return state;
  const sales = new Set(hold.lines.map((line) => line.sale_id));
  return {
    ...state,
    holds: new Map(state.holds).set(hold.reservation_id, hold),
    limited: new Set([...state.limited].filter((saleId) => !sales.has(saleId))),
  };
}

function isOlder(hold: HoldView, known: HoldView): boolean {
  const rank = FINALITY[hold.state] - FINALITY[known.state];
  return rank < 0 || (rank === 0 && hold.deadline_ms < known.deadline_ms);
}
