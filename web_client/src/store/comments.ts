// What was said: each comment once, never after it was removed, and the last COMMENTS_MAX only.
import type { CommentView } from "../wire/types.gen";
import { COMMENTS_MAX, REMOVED_MAX, type RoomState } from "./state";

export function withComments(state: RoomState, arrived: readonly CommentView[]): RoomState {
  const known = new Set([...state.removedIds, ...state.comments.map((comment) => comment.comment_id)]);
  const unseen = arrived.filter((comment) => !known.has(comment.comment_id));
  if (unseen.length === 0) return state;
  return {
    ...state,
    comments: [...state.comments, ...unseen].slice(-COMMENTS_MAX),
    commentsSeen: state.commentsSeen + unseen.length,
  };
}

export function withoutComment(state: RoomState, commentId: string): RoomState {
  return {
    ...state,
    comments: state.comments.filter((comment) => comment.comment_id !== commentId),
    removedIds: [...state.removedIds, commentId].slice(-REMOVED_MAX),
    pinnedComment: state.pinnedComment?.comment_id === commentId ? null : state.pinnedComment,
  };
}
