// Protocol v1, generated from server/wire. Do not edit: change the structs there, then run
//   python -m server.wire.typescript > web_client/src/wire/types.gen.ts

/** Clock sync: the client's own clock goes out and comes back beside the server's. */
export interface Ping {
  sent_at_ms: number;
}

/** With a `comment_id`, saying the same again within ten minutes tells it once. */
export interface Comment {
  text: string;
  comment_id?: string | null;
}

/** Likes pressed since the last one of these; clients batch. */
export interface Like {
  count: number;
}

/** One vote each, for good. `option` counts from 0. */
export interface Vote {
  poll_id: string;
  option: number;
}

/** With a `question_id`, asking the same again while it is open asks it once. */
export interface AskQuestion {
  text: string;
  question_id?: string | null;
}

/** Counts once for each user. */
export interface Upvote {
  question_id: string;
}

/**
 * Products that came into view, and whose buy button was pressed, on this page since the last
 * of these. Counted once for each user, a press also as a look, and by number only.
 */
export interface Attention {
  seen: string[];
  clicked: string[];
}

export interface WantedLineBody {
  sale_id: string;
  quantity: number;
}

/**
 * Hold units of one or more sales, all or none. Retrying with the same id is safe.
 *
 * With `or_wait`, and one unit only, a sale that is sold out gives you a place on its waitlist
 * instead.
 */
export interface Reserve {
  reservation_id: string;
  lines: WantedLineBody[];
  or_wait?: boolean;
}

/**
 * Show the receipt of a reservation that the server does not know any more: you get it back if
 * its units are free. `replayed`: it was never lost. Retrying is safe.
 */
export interface Readmit {
  receipt: string;
}

export interface Cancel {
  reservation_id: string;
}

/** Start paying: extends the hold once and names the page to pay on. */
export interface Pay {
  reservation_id: string;
}

/** The caller's own reservations and orders in this room, newest first, at most 50. */
export type Holds = Record<string, never>;

/** Take a comment off every screen. */
export interface RemoveComment {
  comment_id: string;
}

/** Show a comment above the others; null unpins. */
export interface PinComment {
  comment_id: string | null;
}

export interface Announce {
  text: string;
}

/** The user's comments and questions are refused for so long. */
export interface Mute {
  user_id: string;
  duration_s: number;
}

export interface Unmute {
  user_id: string;
}

/** The user's connections are closed, and new ones refused, until `unban`. */
export interface Ban {
  user_id: string;
}

export interface Unban {
  user_id: string;
}

/**
 * All the rules anew. `slow_mode_s`: the pause between two comments of a viewer, 0 for none.
 * A blocked word is found in any dress, also inside other words.
 */
export interface SetRules {
  slow_mode_s: number;
  blocked_words: string[];
}

/** The rules, and whom they bind. */
export type ShowRules = Record<string, never>;

/** One poll is open at a time. Opening it again changes nothing. */
export interface OpenPoll {
  poll_id: string;
  question: string;
  options: string[];
}

/** Nobody can vote any more. Closing it again changes nothing. */
export interface ClosePoll {
  poll_id: string;
}

/** It was answered, or will not be: it leaves the list of open questions. */
export interface AnswerQuestion {
  question_id: string;
}

/** Who watches, over all workers. */
export type ShowViewers = Record<string, never>;

/** Make a user the room's assistant, who may moderate but not sell, or a viewer again. */
export interface SetRole {
  user_id: string;
  role: "assistant" | "viewer";
}

/**
 * Title and video are replaced: without `video_url` the room has none. Without `currency` the
 * room keeps its own, or begins with CNY; it can change only while the room has no sales.
 */
export interface PutRoom {
  title: string;
  video_url?: string | null;
  currency?: string | null;
}

export interface PutProduct {
  product_id: string;
  title: string;
  list_price_cents: number;
  picture_url?: string | null;
}

/** The order in which products are listed; those that are not named come after. */
export interface OrderProducts {
  product_ids: string[];
}

/** Create a sale of a product. Creating it again with the same terms changes nothing. */
export interface PutSale {
  sale_id: string;
  product_id: string;
  price_cents: number;
  total_units: number;
  per_buyer_max?: number;
  hold_duration_s?: number;
}

export interface StartSale {
  sale_id: string;
  countdown_s?: number;
  duration_s?: number;
}

export interface EndSale {
  sale_id: string;
}

export interface PauseSale {
  sale_id: string;
}

export interface ResumeSale {
  sale_id: string;
}

/** Add units to a sale, or cut units nobody holds (negative). Retrying is safe by id. */
export interface Restock {
  restock_id: string;
  sale_id: string;
  units: number;
}

/**
 * Pay an order back, as a whole; with `restock` its units go back on sale. Repeating it changes
 * nothing, and gives the same refund.
 */
export interface Refund {
  reservation_id: string;
  restock?: boolean;
}

/** Show a product above the video; null unpins. */
export interface Pin {
  product_id: string | null;
}

/** The room's run-of-show. */
export type ShowRundown = Record<string, never>;

/** `op` is the command and `body` its body; a `note` has a `text` and does nothing. */
export interface StepBody {
  step_id: string;
  op: "announce" | "close_poll" | "end_sale" | "note" | "open_poll" | "pin" | "pin_comment" | "start_sale";
  body: Record<string, unknown>;
  done?: boolean;
}

/** All steps anew. `version` is the one you have seen; 0 if there was none. */
export interface PutRundown {
  version: number;
  steps: StepBody[];
}

/** Do one step now. One that is done is not done again. */
export interface RunStep {
  step_id: string;
}

/** `offset = ((received - sent) + (replied - now)) / 2` on the client's clock. */
export interface Pong {
  sent_at_ms: number;
  received_at_ms: number;
  replied_at_ms: number;
}

export interface CommentView {
  comment_id: string;
  user_id: string;
  name: string;
  role: "assistant" | "host" | "viewer";
  text: string;
}

/** `shown`: the others get it too; in a room full of comments not all are. */
export interface Commented {
  comment: CommentView;
  shown: boolean;
}

/** The command took effect; there is nothing more to say. */
export type Done = Record<string, never>;

/** `option`: your own vote. */
export interface Voted {
  option: number;
}

/** A viewer's question to the host. An answered one is shown no longer. */
export interface QuestionView {
  question_id: string;
  user_id: string;
  name: string;
  text: string;
  upvotes: number;
  answered: boolean;
}

export interface QuestionReply {
  question: QuestionView;
}

export interface LineView {
  sale_id: string;
  product_id: string;
  quantity: number;
  price_cents: number;
}

/**
 * One of the viewer's own reservations; a paid one is an order.
 *
 * `waiting`: on the sale's waitlist, until `deadline_ms` at most. `offered`: it waited, a unit
 * came back and is held until `deadline_ms`.
 */
export interface HoldView {
  reservation_id: string;
  buyer_id: string;
  state: "cancelled" | "expired" | "held" | "paid" | "refund_due" | "refunded" | "waiting";
  lines: LineView[];
  amount_cents: number;
  created_at_ms: number;
  deadline_ms: number;
  finished_at_ms: number | null;
  offered?: boolean;
}

/**
 * `replayed`: this id was seen before and `hold` is that first reservation as it is now.
 *
 * `durability`: what this answer survives. `receipt`: proof of the hold, while it is held, that
 * you keep and show with `readmit` should the server ever have lost it.
 */
export interface Reserved {
  hold: HoldView;
  replayed: boolean;
  durability: "fsync" | "memory" | "replica";
  receipt?: string | null;
}

/** `durability` as in `Reserved`. */
export interface HoldReply {
  hold: HoldView;
  durability: "fsync" | "memory" | "replica";
}

/** `durability` and `receipt` as in `Reserved`; this receipt has the new deadline. */
export interface PayPage {
  hold: HoldView;
  pay_url: string;
  durability: "fsync" | "memory" | "replica";
  receipt?: string | null;
}

export interface HoldsReply {
  holds: HoldView[];
}

export interface MuteView {
  user_id: string;
  until_ms: number;
}

export interface RulesReply {
  slow_mode_s: number;
  blocked_words: string[];
  assistants: string[];
  mutes: MuteView[];
  bans: string[];
}

/** `votes` counts per option, in the order of `options`. */
export interface PollView {
  poll_id: string;
  question: string;
  options: string[];
  votes: number[];
  closed: boolean;
}

export interface PollReply {
  poll: PollView;
}

export interface UserView {
  user_id: string;
  name: string;
  role: "assistant" | "host" | "viewer";
}

/** `count` is of connections; `viewers` names at most 200 users, of the last few seconds. */
export interface ViewersReply {
  count: number;
  viewers: UserView[];
}

export interface RoomView {
  room_id: string;
  title: string;
  video_url: string | null;
  currency: string;
}

export interface RoomReply {
  room: RoomView;
}

export interface ProductView {
  product_id: string;
  title: string;
  picture_url: string | null;
  list_price_cents: number;
}

export interface ProductReply {
  product: ProductView;
}

/** A sale and its stock. Its phase follows from the times, `paused` and `available`. */
export interface SaleView {
  sale_id: string;
  product_id: string;
  price_cents: number;
  per_buyer_max: number;
  hold_duration_ms: number;
  total: number;
  available: number;
  held: number;
  sold: number;
  starts_at_ms: number | null;
  ends_at_ms: number | null;
  paused: boolean;
  version: number;
  waiting?: number;
}

export interface SaleReply {
  sale: SaleView;
}

/**
 * Money on its way back to a buyer. `reason` is what the payment led to, HOST (a host paid it
 * back) or PROVIDER (it was paid back at the provider); only hosts are told the `trouble`.
 */
export interface RefundView {
  refund_id: string;
  reservation_id: string;
  state: "asked" | "done" | "due" | "failed" | "paid_back" | "sent";
  reason: string;
  amount_cents: number;
  currency: string | null;
  restock: boolean;
  requested_at_ms: number;
  finished_at_ms: number | null;
  trouble: string | null;
}

export interface RefundReply {
  refund: RefundView;
}

export interface RundownReply {
  version: number;
  steps: StepBody[];
}

/** A sale was created, started, ended or restocked. */
export interface SaleEvent {
  sale: SaleView;
}

/**
 * The room's sales were lost and are restored: ask for `holds`, and show the receipts of those
 * that are missing. `epoch_ms`: when it was.
 */
export interface RestoredEvent {
  epoch_ms: number;
}

export interface CommentEvent {
  comment: CommentView;
}

/** Take this comment off the screen. */
export interface CommentRemovedEvent {
  comment_id: string;
}

export interface CommentPinnedEvent {
  comment: CommentView | null;
}

export interface AnnouncementEvent {
  text: string;
}

export interface PollEvent {
  poll: PollView;
}

export interface QuestionEvent {
  question: QuestionView;
}

/** Only to the one whose role it is from now on. */
export interface RoleEvent {
  role: "assistant" | "host" | "viewer";
}

export interface PinEvent {
  product_id: string | null;
}

export interface RoomEvent {
  room: RoomView;
}

export interface ProductEvent {
  product: ProductView;
}

/** List the products in this order; those that are not named come after. */
export interface ProductOrderEvent {
  product_ids: string[];
}

/** The run-of-show is another one now; a host may ask for it. */
export interface RundownEvent {
  version: number;
}

/** Only to the hold's own buyer: it was held, paid, cancelled or expired, here or elsewhere. */
export interface HoldEvent {
  hold: HoldView;
}

/** The counters of a sale; drop it if `version` is not above the one already shown. */
export interface StockView {
  sale_id: string;
  total: number;
  available: number;
  held: number;
  sold: number;
  version: number;
  waiting?: number;
}

export interface StockEvent {
  stock: StockView;
}

/** Likes since the last one of these, and ever. */
export interface LikesEvent {
  delta: number;
  total: number;
}

export interface ViewersEvent {
  count: number;
}

/**
 * So many units of a product were just paid for, by so many buyers. `name`: of one of them,
 * masked.
 */
export interface BoughtEvent {
  product_id: string;
  name: string | null;
  units: number;
  buyers: number;
}

/** You were too slow to follow: so many comments before this were not sent to you. */
export interface SkippedEvent {
  count: number;
}

/**
 * Who you are. `recovered`: the events that follow are exactly those after the position that
 * you asked for with `since`, so what you have stays true; otherwise start from the snapshot.
 */
export interface Greeting {
  you: UserView;
  recovered: boolean;
}

/** Where a client is in a room's stream; an epoch ends when the stream is lost. */
export interface PositionView {
  epoch: string;
  offset: number;
}

/** The whole room as it is, the same for everybody. */
export interface RoomSnapshot {
  room: RoomView;
  position: PositionView;
  now_ms: number;
  products: ProductView[];
  sales: SaleView[];
  pinned_product_id: string | null;
  comments: CommentView[];
  pinned_comment: CommentView | null;
  poll: PollView | null;
  questions: QuestionView[];
  likes_total: number;
  viewer_count: number;
}

/** Why a command was refused. `field` is a path like `$.lines[0].quantity`. */
export interface ErrorBody {
  code: string;
  message: string;
  field?: string | null;
  retry_after_ms?: number | null;
  starts_at_ms?: number | null;
  available?: number | null;
  option?: number | null;
}

export interface Commands {
  ping: Ping;
  comment: Comment;
  like: Like;
  vote: Vote;
  ask_question: AskQuestion;
  upvote: Upvote;
  attention: Attention;
  reserve: Reserve;
  readmit: Readmit;
  cancel: Cancel;
  pay: Pay;
  holds: Holds;
  remove_comment: RemoveComment;
  pin_comment: PinComment;
  announce: Announce;
  mute: Mute;
  unmute: Unmute;
  ban: Ban;
  unban: Unban;
  set_rules: SetRules;
  rules: ShowRules;
  open_poll: OpenPoll;
  close_poll: ClosePoll;
  answer_question: AnswerQuestion;
  viewers: ShowViewers;
  set_role: SetRole;
  put_room: PutRoom;
  put_product: PutProduct;
  order_products: OrderProducts;
  put_sale: PutSale;
  start_sale: StartSale;
  end_sale: EndSale;
  pause_sale: PauseSale;
  resume_sale: ResumeSale;
  restock: Restock;
  refund: Refund;
  pin: Pin;
  rundown: ShowRundown;
  put_rundown: PutRundown;
  run_step: RunStep;
}

export interface Replies {
  ping: Pong;
  comment: Commented;
  like: Done;
  vote: Voted;
  ask_question: QuestionReply;
  upvote: QuestionReply;
  attention: Done;
  reserve: Reserved;
  readmit: Reserved;
  cancel: HoldReply;
  pay: PayPage;
  holds: HoldsReply;
  remove_comment: Done;
  pin_comment: Done;
  announce: Done;
  mute: Done;
  unmute: Done;
  ban: Done;
  unban: Done;
  set_rules: RulesReply;
  rules: RulesReply;
  open_poll: PollReply;
  close_poll: PollReply;
  answer_question: QuestionReply;
  viewers: ViewersReply;
  set_role: Done;
  put_room: RoomReply;
  put_product: ProductReply;
  order_products: Done;
  put_sale: SaleReply;
  start_sale: SaleReply;
  end_sale: SaleReply;
  pause_sale: SaleReply;
  resume_sale: SaleReply;
  restock: SaleReply;
  refund: RefundReply;
  pin: Done;
  rundown: RundownReply;
  put_rundown: RundownReply;
  run_step: RundownReply;
}

export interface Events {
  sale: SaleEvent;
  restored: RestoredEvent;
  comment: CommentEvent;
  comment_removed: CommentRemovedEvent;
  comment_pinned: CommentPinnedEvent;
  announcement: AnnouncementEvent;
  poll: PollEvent;
  question: QuestionEvent;
  role: RoleEvent;
  pin: PinEvent;
  room: RoomEvent;
  product: ProductEvent;
  product_order: ProductOrderEvent;
  rundown: RundownEvent;
  hold: HoldEvent;
  stock: StockEvent;
  likes: LikesEvent;
  viewers: ViewersEvent;
  bought: BoughtEvent;
  skipped: SkippedEvent;
}

export const LEAST_ROLE = {
  ping: "viewer",
  comment: "viewer",
  like: "viewer",
  vote: "viewer",
  ask_question: "viewer",
  upvote: "viewer",
  attention: "viewer",
  reserve: "viewer",
  readmit: "viewer",
  cancel: "viewer",
  pay: "viewer",
  holds: "viewer",
  remove_comment: "assistant",
  pin_comment: "assistant",
  announce: "assistant",
  mute: "assistant",
  unmute: "assistant",
  ban: "assistant",
  unban: "assistant",
  set_rules: "assistant",
  rules: "assistant",
  open_poll: "assistant",
  close_poll: "assistant",
  answer_question: "assistant",
  viewers: "assistant",
  set_role: "host",
  put_room: "host",
  put_product: "host",
  order_products: "host",
  put_sale: "host",
  start_sale: "host",
  end_sale: "host",
  pause_sale: "host",
  resume_sale: "host",
  restock: "host",
  refund: "host",
  pin: "host",
  rundown: "host",
  put_rundown: "host",
  run_step: "host",
} as const;

export type ErrorCode =
  | "BAD_MESSAGE"
  | "UNKNOWN_OP"
  | "BAD_FIELD"
  | "BAD_TOKEN"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "UNKNOWN_ROOM"
  | "UNKNOWN_PRODUCT"
  | "UNKNOWN_COMMENT"
  | "UNKNOWN_POLL"
  | "UNKNOWN_QUESTION"
  | "MUTED"
  | "BLOCKED_WORDS"
  | "SLOW_MODE"
  | "POLL_OPEN"
  | "POLL_CLOSED"
  | "ALREADY_VOTED"
  | "BAD_RECEIPT"
  | "UNKNOWN_STEP"
  | "CHANGED_MEANWHILE"
  | "PAYMENT_REFUSED"
  | "LIMIT_REACHED"
  | "RATE_LIMITED"
  | "TOO_MANY_IN_FLIGHT"
  | "TOO_LARGE"
  | "UNAVAILABLE"
  | "STATE_LOST"
  | "INTERNAL";

export const CLOSE = {
  GOING_AWAY: 1001,
  INVALID_DATA: 1007,
  TOO_BIG: 1009,
  RESTART: 1012,
  SLOW: 4008,
  STATE_LOST: 4010,
  NO_PONG: 4012,
  RATE: 4029,
  BAD_TOKEN: 4500,
  BAD_MESSAGE: 4501,
  TOO_MANY: 4504,
  FORBIDDEN: 4507,
  UNKNOWN_ROOM: 4508,
} as const;

export type Op = keyof Commands;
export type EventType = keyof Events;
export type CommandMessage<O extends Op = Op> = [op: O, id: number, body: Commands[O]];
export type WelcomeMessage = ["welcome", Greeting, RoomSnapshot];
export type ReplyMessage = ["reply", number, Replies[Op]];
export type ErrorMessage = ["error", number | null, ErrorBody];
/** `["event", type, offset, ts_ms, body]`: the type says which body. */
export type EventMessage = {
  [T in EventType]: ["event", T, number | null, number, Events[T]];
}[EventType];
export type ServerMessage = WelcomeMessage | ReplyMessage | ErrorMessage | EventMessage;
