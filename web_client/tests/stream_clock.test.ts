import { expect, test } from "vitest";

import { StreamClock } from "../src/stream_clock";

const NOW = 1_000_000;

function showing(pictureMs: number | null): StreamClock {
  const clock = new StreamClock();
  clock.at(pictureMs, NOW);
  return clock;
}

test("a screen shows the moment its picture was taken, and goes on while the player says nothing", () => {
  const clock = showing(NOW - 20_000);
  expect(clock.shownMs(NOW)).toBe(NOW - 20_000);
  expect(clock.shownMs(NOW + 200)).toBe(NOW - 19_800);
  expect(clock.behindMs(NOW + 200)).toBe(20_000);
});

test.each([
  ["the stream carries no time", null],
  ["the encoder's clock is ahead of any honest one", NOW + 2_001],
  ["the picture is older than any live one", NOW - 120_001],
])("nothing is known when %s", (_why, pictureMs) => {
  expect(showing(pictureMs).shownMs(NOW)).toBeNull();
  expect(showing(pictureMs).behindMs(NOW)).toBeNull();
});

test("a picture a little from the future is now: honest clocks differ", () => {
  expect(showing(NOW + 1_500).behindMs(NOW)).toBe(0);
});

test("a player that went silent is not believed for long", () => {
  expect(showing(NOW - 20_000).shownMs(NOW + 3_001)).toBeNull();
});

test("before the player says anything nothing is known", () => {
  expect(new StreamClock().shownMs(NOW)).toBeNull();
});
