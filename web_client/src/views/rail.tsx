// The things beside the comments that are not about buying: ask the host, pass the room on, keep the
// picture in a small window.
import type { ComponentChildren } from "preact";

import { t } from "../i18n";
import { useFields, usePlayer, useRoom } from "./context";
import { Icon } from "./icons";
import { openPanel } from "./panel";
import { withCount } from "./parts";
import { shareRoom } from "./share";

export function Rail({ children }: { children: ComponentChildren }) {
  const room = useRoom();
  const player = usePlayer();
  const { questions } = useFields("questions");
  return (
    <div class="rail">
      {player?.canBeSmall === true && (
        <button
          type="button"
          class="stage-button"
          data-testid="small-window"
          aria-label={t("video.small")}
          aria-pressed={player.isSmall.value}
          onClick={() => void (player.isSmall.value ? player.grow() : player.shrink())}
        >
          <Icon name="small" />
        </button>
      )}
      <button type="button" class="stage-button" data-testid="share" aria-label={t("share.label")} onClick={() => void shareRoom(room)}>
        <Icon name="share" />
      </button>
      <button type="button" class="stage-button" data-testid="questions-button" aria-label={withCount(t("questions.open"), questions.size)} onClick={() => openPanel("questions")}>
        <Icon name="question" />
        {questions.size > 0 && <span class="dot-count">{questions.size}</span>}
      </button>
      {children}
    </div>
  );
}
