// Comments, newest at the bottom. Someone who scrolled up to read stays where they are, and a pill
// says how many came since. Not a live region: a screen reader would never fall silent.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

import { count, t } from "../i18n";
import type { CommentView } from "../wire/types.gen";
import { useRoom } from "./context";
import { Notices } from "./notices";

const AT_BOTTOM_PX = 24;

interface CommentsProps {
  floating: boolean;
  tools?: (comment: CommentView) => ComponentChildren; // what a moderator can do with each
}

export function Comments({ floating, tools }: CommentsProps) {
  const { comments, commentsSeen, you } = useRoom().state.value;
  const list = useRef<HTMLOListElement>(null);
  const [readUpTo, setReadUpTo] = useState<number | null>(null); // null: following the newest

  const toBottom = () => {
    setReadUpTo(null);
    list.current?.scrollTo({ top: list.current.scrollHeight });
  };
  useLayoutEffect(() => {
    if (readUpTo === null) list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [commentsSeen, readUpTo]);

  const onScroll = () => {
    if (list.current === null) return;
    const { scrollHeight, scrollTop, clientHeight } = list.current;
    const follows = scrollHeight - scrollTop - clientHeight <= AT_BOTTOM_PX;
    setReadUpTo((before) => (follows ? null : (before ?? commentsSeen)));
  };
  const unread = readUpTo === null ? 0 : commentsSeen - readUpTo;
  return (
    <div class={floating ? "comments comments-floating" : "comments"}>
      <Notices />
      <ol ref={list} class="comment-list" data-testid="comment-list" aria-label={t("comments.label")} tabIndex={0} onScroll={onScroll}>
        {comments.length === 0 && !floating && <li class="comments-empty">{t("comments.empty")}</li>}
        {comments.map((comment) => (
          <CommentItem key={comment.comment_id} comment={comment} mine={comment.user_id === you?.user_id} tools={tools} />
        ))}
      </ol>
      {unread > 0 && (
        <button type="button" class="unread-pill" data-testid="comments-new" onClick={toBottom}>
          ↓ {t("comments.new", { count: count(unread) })}
        </button>
      )}
    </div>
  );
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
      <span class="comment-name">{comment.name}</span> <span class="comment-text">{comment.text}</span>
      {tools?.(comment)}
    </li>
  );
}
