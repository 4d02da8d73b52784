// A button for what cannot be taken back: the first press asks, a second one soon after it acts.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import { t } from "../../i18n";

const SURE_FOR_MS = 4_000;

interface AskAgainProps {
  testid: string;
  act: () => void;
  label?: string;
  children: ComponentChildren;
}

export function AskAgain({ testid, act, label, children }: AskAgainProps) {
  const [asks, setAsks] = useState(false);
  useEffect(() => {
    if (!asks) return undefined;
    const timer = window.setTimeout(() => setAsks(false), SURE_FOR_MS);
    return () => window.clearTimeout(timer);
  }, [asks]);
  const press = () => {
    setAsks(!asks);
    if (asks) act();
  };
  return (
    <button
      type="button"
      class="side-button side-button-careful"
      data-testid={testid}
      data-state={asks ? "asks" : "rests"}
      aria-label={asks ? undefined : label}
      onClick={press}
    >
      {asks ? t("host.sure") : children}
    </button>
  );
}
