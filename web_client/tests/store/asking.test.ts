import { expect, test } from "vitest";

import { mostWanted, ownVote, shares, shownPoll } from "../../src/store/asking";
import { type Message, reduce } from "../../src/store/reduce";
import { EMPTY, QUESTIONS_MAX, type RoomState } from "../../src/store/state";
import type { PollView } from "../../src/wire/types.gen";
import { aPoll, aQuestion, aWelcome } from "../examples";

function after(state: RoomState, ...messages: Message[]): RoomState {
  return messages.reduce(reduce, state);
}

function pollNews(changes: Partial<PollView>): Message {
  return ["event", "poll", null, 0, { poll: aPoll(changes) }];
}

function questionNews(id: string, upvotes: number, answered = false): Message {
  return ["event", "question", null, 0, { question: aQuestion(id, { upvotes, answered }) }];
}

test("a poll shows its counts as they come, and its result after it closed", () => {
  const open = after(EMPTY, aWelcome({ poll: aPoll() }), pollNews({ votes: [3, 1] }));
  expect(open.poll?.votes).toEqual([3, 1]);
  const closed = after(open, pollNews({ votes: [3, 2], closed: true }));
  expect(closed.poll).toMatchObject({ closed: true, votes: [3, 2] });
});

test("the result of a poll that was never shown does not appear", () => {
  expect(after(EMPTY, aWelcome(), pollNews({ closed: true })).poll).toBeNull();
});

test("a poll that was put away stays away, and the next one shows", () => {
  const away = after(EMPTY, aWelcome({ poll: aPoll() }), ["poll_put_away"], pollNews({ votes: [1, 0] }));
  expect(shownPoll(away)).toBeNull();
  expect(shownPoll(after(away, pollNews({ closed: true })))).toBeNull();
  expect(shownPoll(after(away, pollNews({ poll_id: "poll2" })))?.poll_id).toBe("poll2");
});

test("a result that is being looked at survives a reconnect, an open poll only if it is still open", () => {
  const closed = after(EMPTY, aWelcome({ poll: aPoll() }), pollNews({ closed: true }));
  expect(after(closed, aWelcome({}, true)).poll?.closed).toBe(true);
  expect(after(EMPTY, aWelcome({ poll: aPoll() }), aWelcome({}, true)).poll).toBeNull();
});

test("your own vote belongs to its poll", () => {
  const voted = after(EMPTY, aWelcome({ poll: aPoll() }), ["voted", "poll1", 1]);
  expect(ownVote(voted, aPoll())).toBe(1);
  expect(ownVote(voted, aPoll({ poll_id: "poll2" }))).toBeNull();
});

test("shares are of all votes, and nothing of none", () => {
  expect(shares(aPoll({ votes: [3, 1] }))).toEqual([0.75, 0.25]);
  expect(shares(aPoll())).toEqual([0, 0]);
});

test("questions stand in the order of their upvotes until they are answered", () => {
  const asked = after(EMPTY, aWelcome({ questions: [aQuestion("q1")] }), questionNews("q2", 5));
  expect(mostWanted(asked.questions).map((one) => one.question_id)).toEqual(["q2", "q1"]);
  const answered = after(asked, questionNews("q2", 5, true));
  expect([...answered.questions.keys()]).toEqual(["q1"]);
});

test("past the bound the least wanted question goes, and an upvote of one that is gone is forgotten", () => {
  const many = Array.from({ length: QUESTIONS_MAX }, (_, index) => questionNews(`n${index}`, index + 1));
  const full = after(EMPTY, questionNews("lonely", 0), ["upvoted", "lonely"], ...many);
  expect(full.questions.size).toBe(QUESTIONS_MAX);
  expect(full.questions.has("lonely")).toBe(false);
  expect([...after(full, ["upvoted", "n1"]).upvoted]).toEqual(["n1"]);
});
