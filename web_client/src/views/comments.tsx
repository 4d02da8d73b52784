// Comments, newest at the bottom. Someone who scrolled up to read stays where they are, and a pill
// says how many came since. Not a live region: a screen reader would never fall silent.
//
// The list is bounded, however many comments come: who follows has the last FOLLOWED_MAX in the
// document, who reads has what was there when they began to.
import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { count, t } from "../i18n";
import { shownName } from "../names";
import type { CommentView } from "../wire/types.gen";
import { useFields } from "./context";
import { Notices } from "./notices";

const AT_BOTTOM_PX = 24;
const FOLLOWED_MAX = 40; // more than fit on any screen

/** What a reader had before them when they scrolled up; `fromBottomPx` is where they were. */
interface Reading {
  comments: readonly CommentView[];
  seen: number;
  fromBottomPx: number;
}

interface CommentsProps {
  floating: boolean;
  tools?: (comment: CommentView) => ComponentChildren; // what a moderator can do with each
}

export function Comments({ floating, tools }: CommentsProps) {
  const { comments, commentsSeen, removedIds, you } = useFields("comments", "commentsSeen", "removedIds", "you");
  const list = useRef<HTMLOListElement>(null);
  const [reading, setReading] = useState<Reading | null>(null); // null: following the newest
  const rows =
    reading === null
      ? comments.slice(-FOLLOWED_MAX)
      : reading.comments.filter((comment) => !removedIds.includes(comment.comment_id));

  useFollowing(list, reading === null, commentsSeen);
  useLayoutEffect(() => {
    // Older ones were put above: stay with what is being read.
    if (reading !== null && list.current !== null) {
      list.current.scrollTop = list.current.scrollHeight - reading.fromBottomPx;
    }
  }, [reading]);

  const onScroll = () => {
    if (list.current === null) return;
    const { scrollHeight, scrollTop, clientHeight } = list.current;
    const fromBottomPx = scrollHeight - scrollTop;
    if (fromBottomPx - clientHeight <= AT_BOTTOM_PX) setReading(null);
    else if (reading === null) setReading({ comments, seen: commentsSeen, fromBottomPx });
  };
  const unread = reading === null ? 0 : commentsSeen - reading.seen;
  return (
    <div class={floating ? "comments comments-floating" : "comments"}>
      <Notices />
      <ol ref={list} class="comment-list" data-testid="comment-list" aria-label={t("comments.label")} tabIndex={0} onScroll={onScroll}>
        {comments.length === 0 && !floating && <li class="comments-empty">{t("comments.empty")}</li>}
        {rows.map((comment) => (
          <CommentItem key={comment.comment_id} comment={comment} mine={comment.user_id === you?.user_id} tools={tools} />
        ))}
      </ol>
      {unread > 0 && (
        <button type="button" class="unread-pill" data-testid="comments-new" onClick={() => setReading(null)}>
          ↓ {t("comments.new", { count: count(unread) })}
        </button>
      )}
    </div>
  );
}

/** Keeps the newest in sight while it is followed. */
function useFollowing(list: RefObject<HTMLElement | null>, isFollowing: boolean, commentsSeen: number): void {
  const toEnd = () => {
    if (list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  };
  useLayoutEffect(() => {
    if (isFollowing) toEnd();
  }, [commentsSeen, isFollowing]);
  useLayoutEffect(() => {
    // A poll or an announcement takes room from the list: the newest must not be what is lost.
    if (!isFollowing || list.current === null) return undefined;
    const resized = new ResizeObserver(toEnd);
    resized.observe(list.current);
    return () => resized.disconnect();
  }, [isFollowing]);
}

interface ItemProps {
  comment: CommentView;
  mine: boolean;
  tools: CommentsProps["tools"];
}

function CommentItem({ comment, mine, tools }: ItemProps) {
  const isHost = comment.role === "host";
  const isAssistant = comment.role === "assistant";
  return (
    <li class="comment" data-testid="comment" data-role={comment.role} data-mine={mine}>
      {isHost && <span class="comment-badge">{t("comments.host")}</span>}
      {isAssistant && <span class="comment-badge">{t("comments.assistant")}</span>}
      {mine && !isHost && !isAssistant && <span class="comment-badge comment-badge-me">{t("comments.me")}</span>}
      <span class="comment-name">{shownName(comment.name)}</span> <span class="comment-text">{comment.text}</span>
      {tools?.(comment)}
    </li>
  );
}
