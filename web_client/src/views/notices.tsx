// What stands above the comments: the announcement, read aloud when it comes, and the pinned comment.
import { t } from "../i18n";
import { shownName } from "../names";
import { useFields, useRoom } from "./context";
import { Icon } from "./icons";

export function Notices() {
  const room = useRoom();
  const { announcement, pinnedComment } = useFields("announcement", "pinnedComment");
  return (
    <div class="notices">
      <div role="status">
        {announcement !== null && (
          <p class="notice notice-announcement" data-testid="announcement">
            <span class="comment-badge">{t("announcement.label")}</span>
            {announcement}
            <button type="button" class="notice-close" aria-label={t("announcement.close")} onClick={() => room.closeAnnouncement()}>
              <Icon name="close" />
            </button>
          </p>
        )}
      </div>
      {pinnedComment !== null && (
        <p class="notice" data-testid="pinned-comment" aria-label={t("comments.pinned")}>
          <span class="comment-badge">{t("comments.pinned")}</span>
          <span class="comment-name">{shownName(pinnedComment.name)}</span> {pinnedComment.text}
        </p>
      )}
    </div>
  );
}
