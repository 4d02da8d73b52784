import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Attention, type Looked } from "../src/attention";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function watching(answers: boolean[] = [], looks = { now: true }) {
  const sent: Looked[] = [];
  const attention = new Attention({
    send: (looked) => {
      sent.push(looked);
      return Promise.resolve(answers.shift() ?? true);
    },
    isLookedAt: () => looks.now,
    chance: () => 0.5,
  });
  return { attention, sent };
}

test("what was looked at is told together, and once", async () => {
  const { attention, sent } = watching();
  attention.note("seen", "tea");
  attention.note("seen", "cup");
  attention.note("clicked", "tea");
  attention.note("seen", "tea");
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(sent).toEqual([{ seen: ["tea", "cup"], clicked: ["tea"] }]);
  attention.note("seen", "tea");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent.length).toBe(1);
});

test("a press is told soon, with what waits, or at once when the page is left", async () => {
  const { attention, sent } = watching();
  attention.note("seen", "tea");
  attention.note("clicked", "tea");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(sent).toEqual([{ seen: ["tea"], clicked: ["tea"] }]);
  attention.note("clicked", "cup");
  attention.leave();
  expect(sent.at(-1)).toEqual({ seen: [], clicked: ["cup"] });
  attention.stop();
  const other = watching();
  other.attention.leave();
  expect(other.sent).toEqual([]);
});

test("what was not taken is told again", async () => {
  const { attention, sent } = watching([false, true]);
  attention.note("seen", "tea");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(sent).toEqual([
    { seen: ["tea"], clicked: [] },
    { seen: ["tea"], clicked: [] },
  ]);
});

test("a page that nobody looks at says nothing until somebody does", async () => {
  const looks = { now: false };
  const { attention, sent } = watching([], looks);
  attention.note("seen", "tea");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toEqual([]);
  looks.now = true;
  await vi.advanceTimersByTimeAsync(6_000);
  expect(sent.length).toBe(1);
});

test("a command has no more ids than the protocol allows", async () => {
  const { attention, sent } = watching();
  for (let number = 0; number < 45; number += 1) attention.note("seen", `p${number}`);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent.map((looked) => looked.seen.length)).toEqual([20, 20, 5]);
});
