// Polls and questions. The counts are state: the latest wins. What is your own (your vote, what you
// upvoted) is known only from answers to this page, so a reload forgets it and the server does not.
import type { PollView, QuestionView } from "../wire/types.gen";
import { QUESTIONS_MAX, type RoomState } from "./state";

/** A poll that closed stays, with its result, until another one opens. */
export function withPoll(state: RoomState, poll: PollView): RoomState {
  const isLate = poll.closed && state.poll?.poll_id !== poll.poll_id;
  return isLate ? state : { ...state, poll };
}

/** The poll to show, if any. */
export function shownPoll(state: Pick<RoomState, "poll" | "pollPutAway">): PollView | null {
  return state.poll?.poll_id === state.pollPutAway ? null : state.poll;
}

export function withVote(state: RoomState, pollId: string, option: number): RoomState {
  return { ...state, vote: { pollId, option } };
}

/** Your own vote in `poll`, or null if this page does not know of one. */
export function ownVote(state: Pick<RoomState, "vote">, poll: PollView): number | null {
  return state.vote?.pollId === poll.poll_id ? state.vote.option : null;
}

/** An answered question is asked no longer; past QUESTIONS_MAX the least wanted one goes. */
export function withQuestion(state: RoomState, question: QuestionView): RoomState {
  const questions = new Map(state.questions);
  if (question.answered) questions.delete(question.question_id);
  else questions.set(question.question_id, question);
  if (questions.size > QUESTIONS_MAX) {
    const last = mostWanted(questions).at(-1);
    if (last !== undefined) questions.delete(last.question_id);
  }
  return { ...state, questions };
}

export function withUpvote(state: RoomState, questionId: string): RoomState {
  const open = [...state.upvoted].filter((id) => state.questions.has(id));
  return { ...state, upvoted: new Set([...open, questionId]) };
}

/** The most upvoted first, then in the order they were heard of. */
export function mostWanted(questions: ReadonlyMap<string, QuestionView>): QuestionView[] {
  return [...questions.values()].sort((one, other) => other.upvotes - one.upvotes);
}

/** Each option's share of the votes, 0 to 1. */
export function shares(poll: PollView): number[] {
  const all = poll.votes.reduce((sum, votes) => sum + votes, 0);
  return poll.votes.map((votes) => (all === 0 ? 0 : votes / all));
}
