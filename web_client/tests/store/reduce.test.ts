import { expect, test } from "vitest";

import { type Message, reduce } from "../../src/store/reduce";
import { COMMENTS_MAX, EMPTY, type RoomState } from "../../src/store/state";
import type { SaleView, StockView } from "../../src/wire/types.gen";
import { aComment, aHold, aSale, aWelcome } from "../examples";

const ROOM = after(EMPTY, aWelcome());

function after(state: RoomState, ...messages: Message[]): RoomState {
  return messages.reduce(reduce, state);
}

function stock(version: number, available: number): Message {
  const body: StockView = { sale_id: "s1", total: 10, available, held: 10 - available, sold: 0, version };
  return ["event", "stock", null, 0, { stock: body }];
}

function saleNews(changes: Partial<SaleView>): Message {
  return ["event", "sale", 4, 0, { sale: aSale(changes) }];
}

function comment(id: string): Message {
  return ["event", "comment", 5, 0, { comment: aComment(id) }];
}

test("a welcome is the whole room", () => {
  expect(ROOM.room?.title).toBe("Room");
  expect(ROOM.you?.user_id).toBe("me");
  expect(ROOM.products.get("p1")?.title).toBe("Cup");
  expect(ROOM.comments).toHaveLength(2);
  expect(ROOM.likesTotal).toBe(5);
});

test("stock moves forward and late news is dropped", () => {
  const later = after(ROOM, stock(3, 7), stock(2, 8), stock(3, 1));
  expect(later.sales.get("s1")).toMatchObject({ available: 7, version: 3 });
});

test("dropped news is no change at all", () => {
  expect(after(ROOM, stock(1, 0))).toBe(ROOM);
  expect(after(ROOM, comment("c1"))).toBe(ROOM);
});

test("stock of a sale nobody told us of is dropped", () => {
  const body: StockView = { sale_id: "other", total: 1, available: 1, held: 0, sold: 0, version: 9 };
  expect(after(ROOM, ["event", "stock", null, 0, { stock: body }])).toBe(ROOM);
});

test("a sale's terms that arrive after newer stock are taken, the newer counters kept", () => {
  const later = after(ROOM, stock(5, 4), saleNews({ starts_at_ms: 9_000, version: 2 }));
  expect(later.sales.get("s1")).toMatchObject({ starts_at_ms: 9_000, available: 4, version: 5 });
});

test("older terms never replace newer ones", () => {
  const started = after(ROOM, saleNews({ starts_at_ms: 9_000, version: 3 }));
  expect(after(started, saleNews({ version: 2 }))).toBe(started);
});

test("a pin, a room and a product follow their events", () => {
  const product = { product_id: "p2", title: "Hat", picture_url: null, list_price_cents: 100 };
  const room = { room_id: "r", title: "New title", video_url: "/v.m3u8", currency: "CNY" };
  const later = after(
    ROOM,
    ["event", "pin", 6, 0, { product_id: "p2" }],
    ["event", "product", 7, 0, { product }],
    ["event", "room", 8, 0, { room }],
    ["event", "viewers", null, 0, { count: 41 }],
  );
  expect(later.pinnedProductId).toBe("p2");
  expect(later.products.get("p2")).toEqual(product);
  expect(later.room).toEqual(room);
  expect(later.viewerCount).toBe(41);
});

test("an event of a newer server is ignored", () => {
  const news = ["event", "fireworks", 9, 0, {}] as unknown as Message;
  expect(after(ROOM, news)).toBe(ROOM);
});

test("a comment shows once, whether its reply or its event comes first", () => {
  const later = after(ROOM, ["said", aComment("c3")], comment("c3"), comment("c4"));
  expect(later.comments.map((one) => one.comment_id)).toEqual(["c1", "c2", "c3", "c4"]);
  expect(later.commentsSeen).toBe(4);
});

test("only the last comments are kept, and all are counted", () => {
  const many = Array.from({ length: COMMENTS_MAX + 50 }, (_, index) => comment(`n${index}`));
  const later = after(ROOM, ...many);
  expect(later.comments).toHaveLength(COMMENTS_MAX);
  expect(later.comments.at(-1)?.comment_id).toBe(`n${COMMENTS_MAX + 49}`);
  expect(later.commentsSeen).toBe(COMMENTS_MAX + 52);
});

test("after a recovery old comments stay; otherwise the room starts anew", () => {
  const back = { comments: [aComment("c2"), aComment("c3")] };
  const ids = (state: RoomState) => state.comments.map((one) => one.comment_id);
  expect(ids(after(ROOM, aWelcome(back, true)))).toEqual(["c1", "c2", "c3"]);
  expect(ids(after(ROOM, aWelcome(back)))).toEqual(["c2", "c3"]);
});

test("own likes count at once, and the server's total never counts them twice", () => {
  const liked = after(ROOM, ["liked", 1], ["liked", 1], ["liked", 1]);
  expect(liked.likesTotal).toBe(8);
  const echoed = after(liked, ["event", "likes", null, 0, { delta: 3, total: 8 }]);
  expect(echoed).toMatchObject({ likesTotal: 8, likesHeard: 0 });
  const others = after(echoed, ["event", "likes", null, 0, { delta: 4, total: 12 }]);
  expect(others).toMatchObject({ likesTotal: 12, likesHeard: 4 });
});

test("a finished hold never becomes held again", () => {
  const paid = after(ROOM, ["hold", aHold({ state: "paid" })], ["hold", aHold()]);
  expect(paid.holds.get("h1")?.state).toBe("paid");
  const expired = after(ROOM, ["hold", aHold({ state: "expired" })], ["hold", aHold()]);
  expect(expired.holds.get("h1")?.state).toBe("expired");
});

test("an expired hold that was paid late is paid", () => {
  const later = after(ROOM, ["hold", aHold({ state: "expired" })], ["hold", aHold({ state: "paid" })]);
  expect(later.holds.get("h1")?.state).toBe("paid");
});

test("an extended deadline is not shortened by older news", () => {
  const later = after(ROOM, ["hold", aHold({ deadline_ms: 200_000 })], ["hold", aHold()]);
  expect(later.holds.get("h1")?.deadline_ms).toBe(200_000);
});

test("what is pending is known until it is settled", () => {
  const pending = { reservation_id: "h1", lines: [{ sale_id: "s1", quantity: 1 }] };
  const waiting = after(ROOM, ["pending", pending]);
  expect(waiting.pending).toEqual([pending]);
  expect(after(waiting, ["settled", "h1"]).pending).toEqual([]);
});

test("a limit is forgotten when a hold of that sale changes", () => {
  const limited = after(ROOM, ["limited", ["s1", "s2"]]);
  const later = after(limited, ["hold", aHold({ state: "cancelled" })]);
  expect([...later.limited]).toEqual(["s2"]);
});

test("a removed comment leaves the screen, and does not come back with late news", () => {
  const gone = after(ROOM, ["event", "comment_removed", 6, 0, { comment_id: "c1" }], comment("c1"), ["said", aComment("c1")]);
  expect(gone.comments.map((one) => one.comment_id)).toEqual(["c2"]);
});

test("a pinned comment shows until it is unpinned or removed", () => {
  const pinned = after(ROOM, ["event", "comment_pinned", 6, 0, { comment: aComment("c2") }]);
  expect(pinned.pinnedComment?.comment_id).toBe("c2");
  expect(after(pinned, ["event", "comment_pinned", 7, 0, { comment: null }]).pinnedComment).toBeNull();
  expect(after(pinned, ["event", "comment_removed", 7, 0, { comment_id: "c2" }]).pinnedComment).toBeNull();
  expect(after(EMPTY, aWelcome({ pinned_comment: aComment("c2") })).pinnedComment?.text).toBe("text c2");
});

test("an announcement shows until it is closed", () => {
  const announced = after(ROOM, ["event", "announcement", 6, 0, { text: "Five minutes left" }]);
  expect(announced.announcement).toBe("Five minutes left");
  expect(after(announced, ["announcement_closed"]).announcement).toBeNull();
});

test("a new role is one's own at once", () => {
  expect(after(ROOM, ["event", "role", null, 0, { role: "assistant" }]).you?.role).toBe("assistant");
});
