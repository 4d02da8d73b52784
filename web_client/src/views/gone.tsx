// A whole page for when there is no room to show: it says why and where to go.
import type { Why } from "../enter";
import { type Key, t } from "../i18n";
import { Brand, LangSwitch } from "./parts";

const TITLES: Record<Why, Key> = {
  room: "gone.room.title",
  token: "gone.token.title",
  host: "gone.host.title",
  failed: "gone.failed.title",
  banned: "gone.banned.title",
};
const TEXTS: Record<Why, Key> = {
  room: "gone.room.text",
  token: "gone.token.text",
  host: "gone.host.text",
  failed: "gone.failed.text",
  banned: "gone.banned.text",
};

export function Gone({ why, roomId = "" }: { why: Why; roomId?: string }) {
  const again = why === "failed" || why === "token";
  return (
    <main class="plain-page" data-testid="gone" data-why={why}>
      <header class="plain-header">
        <Brand />
        <LangSwitch />
      </header>
      <div class="plain-middle">
        <h1>{t(TITLES[why])}</h1>
        <p>{t(TEXTS[why], { room: roomId })}</p>
        <p class="plain-actions">
          {again && (
            <button type="button" class="main-button" onClick={() => location.reload()}>
              {t("retry")}
            </button>
          )}
          <a class={again ? "text-button" : "main-button"} href="/" data-testid="gone-home">
            {t("gone.home")}
          </a>
        </p>
      </div>
    </main>
  );
}
