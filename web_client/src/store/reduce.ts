// (state, message) -> state. Pure: no clock, no network, no document.
//
// Each message's rule is beside what it is about: comments.ts, sales.ts, holds.ts, asking.ts.
import type {
  CommentView,
  EventMessage,
  Greeting,
  HoldView,
  QuestionView,
  RoomSnapshot,
  SaleView,
  WelcomeMessage,
} from "../wire/types.gen";
import { withPoll, withQuestion, withUpvote, withVote } from "./asking";
import { withComments, withoutComment } from "./comments";
import { withHold } from "./holds";
import { inOrder } from "./products";
import { fresh, withSale, withStock } from "./sales";
import type { Connection, Pending, RoomState } from "./state";

/** What this page itself has to tell the store. */
export type LocalMessage =
  | ["connection", Connection]
  | ["said", CommentView]
  | ["liked", number]
  | ["ordered", readonly string[]]
  | ["sale", SaleView]
  | ["hold", HoldView]
  | ["holds", HoldView[]]
  | ["pending", Pending]
  | ["settled", string]
  | ["lost", string]
  | ["limited", string[]]
  | ["voted", string, number]
  | ["upvoted", string]
  | ["question", QuestionView]
  | ["poll_put_away"]
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
    poll: welcome.poll ?? closedPoll(known),
    questions: new Map(welcome.questions.map((question) => [question.question_id, question])),
    likesTotal: welcome.likes_total,
    viewerCount: welcome.viewer_count,
  };
}

/** A result that is still being looked at; a poll that closed while we were away told us none. */
function closedPoll(known: RoomState): RoomState["poll"] {
  return known.poll?.closed === true ? known.poll : null;
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
    case "poll":
      return withPoll(state, event[4].poll);
    case "question":
      return withQuestion(state, event[4].question);
    case "role":
      return state.you === null ? state : { ...state, you: { ...state.you, role: event[4].role } };
    case "pin":
      return { ...state, pinnedProductId: event[4].product_id };
    case "room":
      return { ...state, room: event[4].room };
    case "product": {
      const { product } = event[4];
      return { ...state, products: new Map(state.products).set(product.product_id, product) };
    }
    case "hold":
      return withHold(state, event[4].hold);
    case "likes":
      return withLikes(state, event[4].delta, event[4].total);
    case "viewers":
      return { ...state, viewerCount: event[4].count };
    case "product_order":
      return { ...state, products: inOrder(state.products, event[4].product_ids) };
    case "rundown":
      return { ...state, rundownVersion: event[4].version };
    case "bought":
      return { ...state, bought: event[4] };
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
    case "ordered":
      return { ...state, products: inOrder(state.products, message[1]) };
    case "sale":
      return withSale(state, message[1]);
    case "hold":
      return withHold(state, message[1]);
    case "holds":
      return { ...message[1].reduce(withHold, state), holdsKnown: true };
    case "lost":
      return { ...state, holds: new Map([...state.holds].filter(([id]) => id !== message[1])) };
    case "pending":
      return { ...state, pending: [...state.pending, message[1]] };
    case "settled":
      return { ...state, pending: state.pending.filter((one) => one.reservation_id !== message[1]) };
    case "limited":
      return { ...state, limited: new Set([...state.limited, ...message[1]]) };
    case "voted":
      return withVote(state, message[1], message[2]);
    case "question":
      return withQuestion(state, message[1]);
    case "upvoted":
      return withUpvote(state, message[1]);
    case "poll_put_away":
      return { ...state, pollPutAway: state.poll?.poll_id ?? null };
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
