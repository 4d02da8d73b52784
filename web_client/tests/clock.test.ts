import { expect, test } from "vitest";

import { offsetMs, roundTripMs, type Sample, ServerClock } from "../src/clock";

/** A ping sent at `atMs` whose trip out takes `outMs` and back `backMs`, to a clock ahead by `aheadMs`. */
function ping(atMs: number, outMs: number, backMs: number, aheadMs: number): Sample {
  const receivedMs = atMs + outMs + aheadMs;
  return { sentMs: atMs, receivedMs, repliedMs: receivedMs + 1, returnedMs: atMs + outMs + 1 + backMs };
}

test("even trips give the exact offset", () => {
  const sample = ping(1000, 20, 20, 5000);
  expect(offsetMs(sample)).toBe(5000);
  expect(roundTripMs(sample)).toBe(40);
});

test("uneven trips are wrong by at most half the round trip", () => {
  const sample = ping(1000, 90, 10, 5000);
  expect(Math.abs(offsetMs(sample) - 5000)).toBeLessThanOrEqual(roundTripMs(sample) / 2);
});

test("the shortest round trip is believed, whenever it came", () => {
  const clock = new ServerClock(() => 2000);
  clock.add(ping(0, 300, 20, 5000));
  clock.add(ping(500, 4, 4, 5000));
  clock.add(ping(900, 10, 250, 5000));
  expect(clock.nowMs()).toBe(7000);
});

test("before the first pong the welcome's own time serves", () => {
  const clock = new ServerClock(() => 1000);
  clock.roughly(9000);
  expect(clock.nowMs()).toBe(9000);
  expect(clock.latencyMs()).toBeNull();
});

test("a clock that was changed is followed at once, however good the old samples were", () => {
  const clock = new ServerClock(() => 0);
  clock.add(ping(0, 1, 1, 5000));
  clock.add(ping(100, 40, 40, -60_000));
  expect(clock.nowMs()).toBe(-60_000);
});

test("latency is the latest round trip", () => {
  const clock = new ServerClock(() => 0);
  clock.add(ping(0, 5, 5, 0));
  clock.add(ping(100, 30, 30, 0));
  expect(clock.latencyMs()).toBe(60);
});
