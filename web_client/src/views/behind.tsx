// How late this screen is, said where it matters, and the way back to live. Not a live region: it
// changes with every hiccup of the network.
import { clockText } from "../duration";
import { t } from "../i18n";
import { usePlayer, useRoom } from "./context";

const WORTH_SAYING_MS = 8_000; // a live stream is a few seconds late by nature
const WORTH_JUMPING_MS = 4_000;

export function Behind() {
  const room = useRoom();
  const player = usePlayer();
  const behindMs = room.behindMs.value;
  if (behindMs === null || behindMs < WORTH_SAYING_MS || player === null) return null;
  const canJump = player.fromEdgeMs() >= WORTH_JUMPING_MS;
  const seconds = Math.round(behindMs / 1000);
  return (
    <p class="behind" data-testid="behind" data-seconds={seconds}>
      <span>{t(room.newsAhead.value > 0 ? "behind.news" : "behind.by", { count: seconds })}</span>
      {canJump && (
        <button type="button" class="behind-jump" data-testid="go-live" onClick={() => player.toEdge()}>
          {t("behind.jump")}
        </button>
      )}
    </p>
  );
}

/** The same moment on the picture's clock, where that is another than the server's. */
export function InPicture({ momentMs }: { momentMs: number | null }) {
  const room = useRoom();
  const behindMs = room.behindMs.value ?? 0;
  if (momentMs === null || behindMs < WORTH_SAYING_MS) return null;
  const time = clockText(momentMs - room.nowMs.value + behindMs);
  return (
    <span class="in-picture" data-testid="in-picture">
      {t("behind.inPicture", { time })}
    </span>
  );
}
