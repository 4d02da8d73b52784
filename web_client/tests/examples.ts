// Plain records for tests, each with the fields a test cares about replaced.
import type { CommentView, HoldView, PollView, QuestionView, SaleView, RoomSnapshot, WelcomeMessage } from "../src/wire/types.gen";

export function aSale(changes: Partial<SaleView> = {}): SaleView {
  return {
    sale_id: "s1",
    product_id: "p1",
    price_cents: 5900,
    per_buyer_max: 1,
    hold_duration_ms: 120_000,
    total: 10,
    available: 10,
    held: 0,
    sold: 0,
    starts_at_ms: null,
    ends_at_ms: null,
    paused: false,
    version: 1,
    ...changes,
  };
}

export function aHold(changes: Partial<HoldView> = {}): HoldView {
  return {
    reservation_id: "h1",
    buyer_id: "me",
    state: "held",
    lines: [{ sale_id: "s1", product_id: "p1", quantity: 1, price_cents: 5900 }],
    amount_cents: 5900,
    created_at_ms: 1_000,
    deadline_ms: 121_000,
    finished_at_ms: null,
    ...changes,
  };
}

export function aComment(id: string): CommentView {
  return { comment_id: id, user_id: "u", name: "Lin", role: "viewer", text: `text ${id}` };
}

export function aWelcome(changes: Partial<RoomSnapshot> = {}, recovered = false): WelcomeMessage {
  return ["welcome", { you: { user_id: "me", name: "Me", role: "viewer" }, recovered }, aRoom(changes)];
}

export function aRoom(changes: Partial<RoomSnapshot> = {}): RoomSnapshot {
  return {
    room: { room_id: "r", title: "Room", video_url: null, currency: "CNY" },
    position: { epoch: "e1", offset: 3 },
    now_ms: 1_000,
    products: [{ product_id: "p1", title: "Cup", picture_url: null, list_price_cents: 12_900 }],
    sales: [aSale()],
    pinned_product_id: null,
    comments: [aComment("c1"), aComment("c2")],
    pinned_comment: null,
    poll: null,
    questions: [],
    likes_total: 5,
    viewer_count: 2,
    ...changes,
  };
}

export function aPoll(changes: Partial<PollView> = {}): PollView {
  return { poll_id: "poll1", question: "Which?", options: ["Green", "Black"], votes: [0, 0], closed: false, ...changes };
}

export function aQuestion(id: string, changes: Partial<QuestionView> = {}): QuestionView {
  return { question_id: id, user_id: "u", name: "Lin", text: `ask ${id}`, upvotes: 0, answered: false, ...changes };
}
