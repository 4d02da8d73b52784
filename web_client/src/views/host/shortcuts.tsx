// The keyboard on the host's page, and the list of what each key does. Keys that are typed into a box,
// or pressed while a sheet is open, mean what they always mean.
import { useEffect } from "preact/hooks";

import { type Key, t } from "../../i18n";
import { type Shortcut, shortcutOf } from "../../shortcuts";
import { Sheet } from "../sheet";

const LISTED: readonly { keys: string; label: Key }[] = [
  { keys: "N", label: "host.keys.next" },
  { keys: "1 … 9", label: "host.keys.pin" },
  { keys: "0", label: "host.keys.unpin" },
  { keys: "O", label: "host.keys.orders" },
  { keys: "T", label: "host.keys.talk" },
  { keys: "P", label: "host.keys.people" },
  { keys: "C", label: "host.keys.comment" },
  { keys: "?", label: "host.keys.help" },
  { keys: "Esc", label: "host.keys.close" },
];

export function useShortcuts(act: (shortcut: Shortcut) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.repeat || event.defaultPrevented || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const shortcut = shortcutOf(event);
      if (shortcut === null) return;
      event.preventDefault();
      act(shortcut);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}

export function HelpSheet({ close }: { close: () => void }) {
  return (
    <Sheet title={t("host.keys")} testid="help-sheet" onClose={close}>
      <dl class="keys">
        {LISTED.map(({ keys, label }) => (
          <div key={keys} class="keys-row">
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{t(label)}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}
