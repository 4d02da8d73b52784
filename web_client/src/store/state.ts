// Everything the page knows, as one value. Views read it, `reduce` makes the next one, and nobody
// else changes it. Maps are replaced, never written to, so "is it the same object" means "unchanged".
import type {
  BoughtEvent,
  CommentView,
  HoldView,
  PollView,
  ProductView,
  QuestionView,
  RoomView,
  SaleView,
  UserView,
} from "../wire/types.gen";

/** A sale, and the version at which its terms (not its counters) were last heard. */
export type Sale = SaleView & { termsVersion: number };

/** A reservation that was sent and not answered yet; kept across reloads under the same id. */
export interface Pending {
  reservation_id: string;
  lines: { sale_id: string; quantity: number }[];
  or_wait?: boolean; // for a place on the waitlist, where the sale is sold out
}

export type Connection =
  | { kind: "connecting" }
  | { kind: "open" }
  | { kind: "waiting"; attempt: number }
  | { kind: "stopped"; closeCode: number };

export interface RoomState {
  connection: Connection;
  room: RoomView | null; // null until the first welcome
  you: UserView | null;
  epoch: string;
  products: ReadonlyMap<string, ProductView>;
  sales: ReadonlyMap<string, Sale>;
  pinnedProductId: string | null;
  rundownVersion: number; // of the run-of-show that was last told of
  comments: readonly CommentView[]; // oldest first, the last COMMENTS_MAX
  removedIds: readonly string[]; // the last comments taken down, should their own news come late
  pinnedComment: CommentView | null;
  announcement: string | null; // the last one since the page opened, until it is closed
  poll: PollView | null; // the open one, or one that closed before our eyes
  pollPutAway: string | null; // the id of the poll that is not to be shown any more
  vote: { pollId: string; option: number } | null; // your last one
  questions: ReadonlyMap<string, QuestionView>; // the open ones
  upvoted: ReadonlySet<string>; // questions, by you
  bought: BoughtEvent | null; // the last purchase that everybody was told of
  commentsSeen: number; // ever, so that "N new" can be counted
  likesTotal: number;
  likesHeard: number; // likes of others since the page opened
  viewerCount: number;
  holds: ReadonlyMap<string, HoldView>; // your own
  holdsKnown: boolean;
  pending: readonly Pending[];
  limited: ReadonlySet<string>; // sales that refused you with USER_LIMIT
}

export const COMMENTS_MAX = 200;
export const REMOVED_MAX = 100;
export const QUESTIONS_MAX = 200; // as many as a room may have open

export const EMPTY: RoomState = {
  connection: { kind: "connecting" },
  room: null,
  you: null,
  epoch: "",
  products: new Map(),
  sales: new Map(),
  pinnedProductId: null,
  rundownVersion: 0,
  comments: [],
  removedIds: [],
  pinnedComment: null,
  announcement: null,
  poll: null,
  pollPutAway: null,
  vote: null,
  questions: new Map(),
  upvoted: new Set(),
  bought: null,
  commentsSeen: 0,
  likesTotal: 0,
  likesHeard: 0,
  viewerCount: 0,
  holds: new Map(),
  holdsKnown: false,
  pending: [],
  limited: new Set(),
};
