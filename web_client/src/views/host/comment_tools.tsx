// What a host can do with one comment and with who said it. One comment's tools are open at a time.
import { type Signal, useSignal } from "@preact/signals";

import { t } from "../../i18n";
import { shownName } from "../../names";
import type { CommentView } from "../../wire/types.gen";
import { Comments } from "../comments";
import { Icon } from "../icons";
import { AskAgain } from "./ask_again";
import { useDesk } from "./context";

export function ModeratedComments() {
  const openId = useSignal<string | null>(null);
  return <Comments floating={false} tools={(comment) => <CommentTools comment={comment} openId={openId} />} />;
}

function CommentTools({ comment, openId }: { comment: CommentView; openId: Signal<string | null> }) {
  const isOpen = openId.value === comment.comment_id;
  return (
    <>
      <button
        type="button"
        class="comment-more"
        data-testid="comment-more"
        aria-expanded={isOpen}
        aria-label={t("host.moderate", { name: shownName(comment.name) })}
        onClick={() => (openId.value = isOpen ? null : comment.comment_id)}
      >
        <Icon name="more" />
      </button>
      {isOpen && <Choices comment={comment} close={() => (openId.value = null)} />}
    </>
  );
}

function Choices({ comment, close }: { comment: CommentView; close: () => void }) {
  const desk = useDesk();
  const { pinnedComment } = desk.room.state.value;
  const isPinned = pinnedComment?.comment_id === comment.comment_id;
  const after = (act: Promise<void>) => void act.then(close);
  return (
    <span class="comment-tools">
      <button
        type="button"
        class="side-button"
        data-testid="comment-pin"
        onClick={() => after(desk.pinComment(isPinned ? null : comment.comment_id))}
      >
        {t(isPinned ? "host.unpin" : "host.pin")}
      </button>
      <AskAgain testid="comment-remove" act={() => after(desk.removeComment(comment.comment_id))}>
        {t("host.remove")}
      </AskAgain>
      {comment.role !== "host" && <PersonTools comment={comment} after={after} />}
    </span>
  );
}

function PersonTools({ comment, after }: { comment: CommentView; after: (act: Promise<void>) => void }) {
  const desk = useDesk();
  const isAssistant = comment.role === "assistant";
  return (
    <>
      <button type="button" class="side-button" data-testid="comment-mute" onClick={() => after(desk.mute(comment.user_id))}>
        {t("host.mute")}
      </button>
      <AskAgain testid="comment-ban" act={() => after(desk.ban(comment.user_id))}>
        {t("host.ban")}
      </AskAgain>
      <button
        type="button"
        class="side-button"
        data-testid="comment-role"
        onClick={() => after(desk.setRole(comment.user_id, isAssistant ? "viewer" : "assistant"))}
      >
        {t(isAssistant ? "host.noAssistant" : "host.assistant")}
      </button>
    </>
  );
}
