// The line at the bottom: say something. The text stays in the box until the room has it.
import type { ComponentChildren, TargetedSubmitEvent } from "preact";
import { useRef, useState } from "preact/hooks";

import { t } from "../i18n";
import { useRoom } from "./context";
import { Icon } from "./icons";

const TEXT_CHARACTERS_MAX = 200; // as server/wire/fields.py allows

export function Composer({ children }: { children?: ComponentChildren }) {
  const room = useRoom();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const said = text.trim();
    if (said === "") return;
    void room.comment(said).then((taken) => {
      // What was typed while the answer was on its way is kept.
      if (taken) setText((now) => (now.trim() === said ? "" : now));
    });
    input.current?.focus();
  };
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
          aria-disabled={text.trim() === ""}
        >
          <Icon name="send" />
        </button>
      </form>
      {children}
    </div>
  );
}
