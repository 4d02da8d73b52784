// A host's button for what cannot be taken back: the first press asks, a second one soon after it acts.
import type { ComponentChildren } from "preact";

import { t } from "../../i18n";
import { useAskOnce } from "../ask_once";

interface AskAgainProps {
  testid: string;
  act: () => void;
  label?: string;
  children: ComponentChildren;
}

export function AskAgain({ testid, act, label, children }: AskAgainProps) {
  const { asking, settling, press } = useAskOnce(act);
  return (
    <button
      type="button"
      class="side-button side-button-careful"
      data-testid={testid}
      data-state={asking ? "asks" : "rests"}
      aria-disabled={settling}
      aria-label={asking ? undefined : label}
      onClick={press}
    >
      {asking ? t("host.sure") : children}
    </button>
  );
}
