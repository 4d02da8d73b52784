// Passing the room on: the phone's own sheet, else the clipboard, else a line to copy by hand. The
// address has nothing of yours in it.
import { useRef } from "preact/hooks";

import { t } from "../i18n";
import type { LiveRoom } from "../room";
import { toastText } from "../toasts";
import { useRoom } from "./context";
import { openPanel } from "./panel";

export async function shareRoom(room: LiveRoom): Promise<void> {
  const url = linkOf(room);
  if (typeof navigator.share === "function") {
    try {
      await navigator.share({ title: room.state.value.room?.title ?? t("app.name"), url });
      return;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return; // thought better of it
    }
  }
  try {
    await navigator.clipboard.writeText(url);
    toastText("toast.copied", "good");
  } catch {
    openPanel("share"); // plain http has no clipboard
  }
}

/** The link to copy by hand. */
export function ShareLine() {
  const room = useRoom();
  const input = useRef<HTMLInputElement>(null);
  return (
    <label class="field">
      <span class="form-label">{t("share.byHand")}</span>
      <input
        ref={input}
        class="field-input"
        data-testid="share-link"
        readOnly
        value={linkOf(room)}
        onFocus={() => input.current?.select()}
      />
    </label>
  );
}

function linkOf(room: LiveRoom): string {
  return `${location.origin}/r/${room.roomId}`;
}
