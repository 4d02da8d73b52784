import { beforeEach, expect, test } from "vitest";

import { type Answer, refused } from "../src/answer";
import { type LocalMessage, reduce } from "../src/store/reduce";
import { EMPTY, type RoomState } from "../src/store/state";
import { Till } from "../src/till";
import { toasts } from "../src/toasts";
import type { Commands, HoldView, Op, Replies, Reserve } from "../src/wire/types.gen";
import { aHold } from "./examples";
import { memoryStorage } from "./storage";

/** The room around a till: keeps its state, and answers each reservation as written down beforehand. */
class Room {
  state: RoomState = EMPTY;
  answers: ((body: Reserve) => Answer<Replies["reserve"]>)[] = [];
  reserved: Reserve[] = [];
  holds: HoldView[] = [];
  readonly till: Till;

  constructor(storage: Storage) {
    const request = <O extends Op>(op: O, body: Commands[O]) => Promise.resolve(this.#answer(op, body));
    this.till = new Till({
      roomId: "r",
      storage,
      nowMs: () => 1_795_000_000_000,
      state: () => this.state,
      tell: (message: LocalMessage) => (this.state = reduce(this.state, message)),
      request,
      ask: request,
      wait: () => Promise.resolve(),
    });
  }

  #answer<O extends Op>(op: O, body: Commands[O]): Answer<Replies[O]> {
    if (op === "holds") return { ok: true, body: { holds: this.holds } as Replies[O] };
    if (op !== "reserve") return refused("INTERNAL");
    const reserve = body as Reserve;
    this.reserved.push(reserve);
    return (this.answers.shift() ?? taken("held"))(reserve) as Answer<Replies[O]>;
  }
}

function taken(state: HoldView["state"]) {
  return (body: Reserve): Answer<Replies["reserve"]> => {
    const hold = aHold({ reservation_id: body.reservation_id, state });
    return { ok: true, body: { hold, replayed: false, durability: "memory" } };
  };
}

const said = () => toasts.value.map((toast) => toast.key);
const settled = () => new Promise((resolve) => setImmediate(resolve));

let room: Room;
beforeEach(() => {
  toasts.value = [];
  room = new Room(memoryStorage());
});

test("a press that a fault lost is made anew, once, with its wish to wait", async () => {
  room.answers = [() => refused("STALE_EPOCH"), taken("waiting")];
  room.till.joinWaitlist("s1");
  await settled();
  expect(room.reserved.map((body) => body.or_wait)).toEqual([true, true]);
  expect(room.reserved[0]?.reservation_id).not.toBe(room.reserved[1]?.reservation_id);
  expect(room.state.pending).toEqual([]);
  expect(said()).toEqual(["refusal.STALE_EPOCH", "toast.waiting"]);
});

test("a press for a unit, made anew, does not end on the waitlist", async () => {
  room.answers = [() => refused("STALE_EPOCH"), () => refused("SOLD_OUT")];
  room.till.buy("s1");
  await settled();
  expect(room.reserved.map((body) => body.or_wait ?? false)).toEqual([false, false]);
  expect(said()).toEqual(["refusal.STALE_EPOCH", "refusal.SOLD_OUT"]);
});

test("who waited is told of the offer, and of the end of the list", () => {
  const tell = (id: string, states: HoldView["state"][]) => {
    for (const state of states) room.till.hear(aHold({ reservation_id: id, state }));
  };
  tell("offered", ["waiting", "held"]);
  expect(said()).toEqual(["toast.offered"]);
  tell("unserved", ["waiting", "expired"]);
  expect(said()).toEqual(["toast.offered", "toast.unserved"]);
});

test("a refund is told to its buyer, and a limit is remembered", async () => {
  room.till.hear(aHold({ state: "paid" }));
  room.till.hear(aHold({ state: "refunded" }));
  expect(said()).toEqual(["toast.refunded"]);
  room.answers = [() => refused("USER_LIMIT")];
  room.till.buy("s1");
  await settled();
  expect([...room.state.limited]).toEqual(["s1"]);
});

test("what is yours by the server's list is shown again after a restored room", async () => {
  room.holds = [aHold({ state: "paid" })];
  await room.till.catchUp();
  expect(room.state.holds.get("h1")?.state).toBe("paid");
  expect(room.state.holdsKnown).toBe(true);
  expect(said()).toEqual([]); // nothing new happened to it
});
