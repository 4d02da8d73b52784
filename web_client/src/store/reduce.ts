// (state, message) -> state. Pure: no clock, no network, no document.
//
// Rules: stock news that is not newer than what is known is dropped; a sale's terms and its counters
// each follow the newest version heard; a comment is shown once, and
// never after it was removed; a finished hold never becomes
// "held" again, whatever order the news arrives in.
import type {
  CommentView,
  EventMessage,
  Greeting,
  HoldView,
  RoomSnapshot,
  SaleView,
  StockView,
  WelcomeMessage,
} from "../wire/types.gen";
import { COMMENTS_MAX, REMOVED_MAX, type Connection, type Pending, type RoomState, type Sale } from "./state";

/** What this page itself has to tell the store. */
export type LocalMessage =
  | ["connection", Connection]
  | ["said", CommentView]
  | ["liked", number]
  | ["sale", SaleView]
  | ["hold", HoldView]
  | ["holds", HoldView[]]
  | ["pending", Pending]
  | ["settled", string]
  | ["limited", string[]]
  | ["announcement_closed"];

export type Message = WelcomeMessage | EventMessage | LocalMessage;

export function reduce(state: RoomState, message: Message): RoomState {
  switch (message[0]) {
    case "welcome":
      return welcomed(state, message[1], message[2]);
    case "event":
      return onEvent(state, message);
    default:
      return onLocal(state, message);
  }
}

function welcomed(state: RoomState, greeting: Greeting, welcome: RoomSnapshot): RoomState {
  // Not recovered: what was said in between is not known, so what is older would hide the gap.
  const known = greeting.recovered ? state : { ...state, comments: [] };
  return {
    ...withComments(known, welcome.comments),
    room: welcome.room,
    you: greeting.you,
    epoch: welcome.position.epoch,
    products: new Map(welcome.products.map((product) => [product.product_id, product])),
    sales: new Map(welcome.sales.map((sale) => [sale.sale_id, fresh(sale)])),
    pinnedProductId: welcome.pinned_product_id,
    pinnedComment: welcome.pinned_comment,
    likesTotal: welcome.likes_total,
    viewerCount: welcome.viewer_count,
  };
}

function onEvent(state: RoomState, event: EventMessage): RoomState {
  switch (event[1]) {
    case "sale":
      return withSale(state, event[4].sale);
    case "stock":
      return withStock(state, event[4].stock);
    case "comment":
      return withComments(state, [event[4].comment]);
    case "comment_removed":
      return withoutComment(state, event[4].comment_id);
    case "comment_pinned":
      return { ...state, pinnedComment: event[4].comment };
    case "announcement":
      return { ...state, announcement: event[4].text };
    case "role":
      return state.you === null ? state : { ...state, you: { ...state.you, role: event[4].role } };
    case "pin":
      return { ...state, pinnedProductId: event[4].product_id };
    case "room":
      return { ...state, room: event[4].room };
    case "product": {
      const { product } = event[4];
      return { ...state, products: withEntry(state.products, product.product_id, product) };
    }
    case "hold":
      return withHold(state, event[4].hold);
    case "likes":
      return withLikes(state, event[4].delta, event[4].total);
    case "viewers":
      return { ...state, viewerCount: event[4].count };
    default:
      return state; // an event of a newer server
  }
}

function onLocal(state: RoomState, message: LocalMessage): RoomState {
  switch (message[0]) {
    case "connection":
      return { ...state, connection: message[1] };
    case "said":
      return withComments(state, [message[1]]);
    case "liked":
      return { ...state, likesTotal: state.likesTotal + message[1] };
    case "sale":
      return withSale(state, message[1]);
    case "hold":
      return withHold(state, message[1]);
    case "holds":
      return { ...message[1].reduce(withHold, state), holdsKnown: true };
    case "pending":
      return { ...state, pending: [...state.pending, message[1]] };
    case "settled":
      return { ...state, pending: state.pending.filter((one) => one.reservation_id !== message[1]) };
    case "limited":
      return { ...state, limited: new Set([...state.limited, ...message[1]]) };
    case "announcement_closed":
      return { ...state, announcement: null };
  }
}

/** Our own likes are counted when pressed; the server's total catches up and never goes back. */
function withLikes(state: RoomState, delta: number, total: number): RoomState {
  const others = Math.max(0, total - state.likesTotal);
  return {
    ...state,
    likesTotal: Math.max(state.likesTotal, total),
    likesHeard: state.likesHeard + Math.min(others, delta),
  };
}

function withSale(state: RoomState, sale: SaleView): RoomState {
  const known = state.sales.get(sale.sale_id);
  if (known === undefined) return putSale(state, fresh(sale));
  if (sale.version < known.termsVersion) return state;
  const counters = sale.version >= known.version ? sale : countersOf(known);
  return putSale(state, { ...sale, ...counters, termsVersion: sale.version });
}

function withStock(state: RoomState, stock: StockView): RoomState {
  const known = state.sales.get(stock.sale_id);
  if (known === undefined || stock.version <= known.version) return state;
  return putSale(state, { ...known, ...countersOf(stock) });
}

function countersOf(from: StockView): Omit<StockView, "sale_id"> {
  const { total, available, held, sold, version } = from;
  return { total, available, held, sold, version };
}

function fresh(sale: SaleView): Sale {
  return { ...sale, termsVersion: sale.version };
}

function putSale(state: RoomState, sale: Sale): RoomState {
  return { ...state, sales: withEntry(state.sales, sale.sale_id, sale) };
}

function withComments(state: RoomState, arrived: readonly CommentView[]): RoomState {
  const known = new Set([...state.removedIds, ...state.comments.map((comment) => comment.comment_id)]);
  const unseen = arrived.filter((comment) => !known.has(comment.comment_id));
  if (unseen.length === 0) return state;
  return {
    ...state,
    comments: [...state.comments, ...unseen].slice(-COMMENTS_MAX),
    commentsSeen: state.commentsSeen + unseen.length,
  };
}

function withoutComment(state: RoomState, commentId: string): RoomState {
  return {
    ...state,
    comments: state.comments.filter((comment) => comment.comment_id !== commentId),
    removedIds: [...state.removedIds, commentId].slice(-REMOVED_MAX),
    pinnedComment: state.pinnedComment?.comment_id === commentId ? null : state.pinnedComment,
  };
}

const FINALITY: Record<HoldView["state"], number> = {
  held: 0,
  cancelled: 1,
  expired: 1,
  paid: 2,
  refund_due: 2,
};

function withHold(state: RoomState, hold: HoldView): RoomState {
  const known = state.holds.get(hold.reservation_id);
  if (known !== undefined && isOlder(hold, known)) return state;
  const sales = new Set(hold.lines.map((line) => line.sale_id));
  return {
    ...state,
    holds: withEntry(state.holds, hold.reservation_id, hold),
    limited: new Set([...state.limited].filter((saleId) => !sales.has(saleId))),
  };
}

function isOlder(hold: HoldView, known: HoldView): boolean {
  const rank = FINALITY[hold.state] - FINALITY[known.state];
  return rank < 0 || (rank === 0 && hold.deadline_ms < known.deadline_ms);
}

function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map(map).set(key, value);
}
