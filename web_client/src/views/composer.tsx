// The line at the bottom: say something. What the room refused stands in the box again.
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

import { t } from "../i18n";
import { useRoom } from "./context";
import { Icon } from "./icons";
import { useLine } from "./line";

const TEXT_CHARACTERS_MAX = 200; // as server/wire/fields.py allows

export function Composer({ children }: { children?: ComponentChildren }) {
  const room = useRoom();
  const input = useRef<HTMLInputElement>(null);
  const { text, setText, isBlank, submit } = useLine((line) => {
    input.current?.focus();
    return room.comment(line);
  });
  return (
    <div class="composer">
      <form class="composer-form" onSubmit={submit}>
        <input
          ref={input}
          class="composer-input"
          data-testid="comment-input"
          value={text}
          maxLength={TEXT_CHARACTERS_MAX}
          placeholder={t("comments.placeholder")}
          aria-label={t("comments.placeholder")}
          autocomplete="off"
          enterkeyhint="send"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button
          type="submit"
          class="icon-button composer-send"
          data-testid="comment-send"
          aria-label={t("comments.send")}
          aria-disabled={isBlank}
        >
          <Icon name="send" />
        </button>
      </form>
      {children}
    </div>
  );
}
