// Protocol v1, generated from server/wire. Do not edit: change the structs there, then run
//   python -m server.wire.typescript > web_client/src/wire/types.gen.ts

/** Clock sync: the client's own clock goes out and comes back beside the server's. */
export interface Ping {
  sent_at_ms: number;
}

export interface Comment {
  text: string;
}

/** Likes pressed since the last one of these; clients batch. */
export interface Like {
  count: number;
}

export interface WantedLineBody {
  sale_id: string;
  quantity: number;
}

/** Hold units of one or more sales, all or none. Retrying with the same id is safe. */
export interface Reserve {
  reservation_id: string;
  lines: WantedLineBody[];
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

/** Add units to a sale, or cut units nobody holds (negative). Retrying is safe by id. */
export interface Restock {
  restock_id: string;
  sale_id: string;
  units: number;
}

/** Show a product above the video; null unpins. */
export interface Pin {
  product_id: string | null;
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
  role: "host" | "viewer";
  text: string;
}

export interface Commented {
  comment: CommentView;
}

/** The command took effect; there is nothing more to say. */
export type Done = Record<string, never>;

export interface LineView {
  sale_id: string;
  product_id: string;
  quantity: number;
  price_cents: number;
}

/** One of the viewer's own reservations; a paid one is an order. */
export interface HoldView {
  reservation_id: string;
  buyer_id: string;
  state: "cancelled" | "expired" | "held" | "paid" | "refund_due";
  lines: LineView[];
  amount_cents: number;
  created_at_ms: number;
  deadline_ms: number;
  finished_at_ms: number | null;
}

/** `replayed`: this id was seen before and `hold` is that first reservation as it is now. */
export interface Reserved {
  hold: HoldView;
  replayed: boolean;
}

export interface HoldReply {
  hold: HoldView;
}

export interface PayPage {
  hold: HoldView;
  pay_url: string;
}

export interface HoldsReply {
  holds: HoldView[];
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
}

export interface SaleReply {
  sale: SaleView;
}

/** A sale was created, started, ended or restocked. */
export interface SaleEvent {
  sale: SaleView;
}

export interface CommentEvent {
  comment: CommentView;
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

/** You were too slow to follow: so many comments before this were not sent to you. */
export interface SkippedEvent {
  count: number;
}

export interface UserView {
  user_id: string;
  name: string;
  role: "host" | "viewer";
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
}

export interface Commands {
  ping: Ping;
  comment: Comment;
  like: Like;
  reserve: Reserve;
  cancel: Cancel;
  pay: Pay;
  holds: Holds;
  put_room: PutRoom;
  put_product: PutProduct;
  put_sale: PutSale;
  start_sale: StartSale;
  end_sale: EndSale;
  restock: Restock;
  pin: Pin;
}

export interface Replies {
  ping: Pong;
  comment: Commented;
  like: Done;
  reserve: Reserved;
  cancel: HoldReply;
  pay: PayPage;
  holds: HoldsReply;
  put_room: RoomReply;
  put_product: ProductReply;
  put_sale: SaleReply;
  start_sale: SaleReply;
  end_sale: SaleReply;
  restock: SaleReply;
  pin: Done;
}

export interface Events {
  sale: SaleEvent;
  comment: CommentEvent;
  pin: PinEvent;
  room: RoomEvent;
  product: ProductEvent;
  hold: HoldEvent;
  stock: StockEvent;
  likes: LikesEvent;
  viewers: ViewersEvent;
  skipped: SkippedEvent;
}

export type HostOp =
  | "end_sale"
  | "pin"
  | "put_product"
  | "put_room"
  | "put_sale"
  | "restock"
  | "start_sale";

export type ErrorCode =
  | "BAD_MESSAGE"
  | "UNKNOWN_OP"
  | "BAD_FIELD"
  | "BAD_TOKEN"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "UNKNOWN_ROOM"
  | "UNKNOWN_PRODUCT"
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
