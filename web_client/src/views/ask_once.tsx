// A press that takes something away: the first asks, the second does it. Left alone it forgets the
// first, and the second half of a double tap is no answer to a question that nobody has read.
import { useEffect, useState } from "preact/hooks";

import { SETTLE_MS } from "../press";

const ASKING_MS = 4_000;

type Stage = "rests" | "settles" | "asks";

interface Asking {
  asking: boolean;
  settling: boolean; // it asks, and takes no answer yet
  press: () => void;
}

export function useAskOnce(act: () => void): Asking {
  const [stage, setStage] = useState<Stage>("rests");
  useEffect(() => {
    if (stage === "rests") return undefined;
    const [next, afterMs]: [Stage, number] = stage === "settles" ? ["asks", SETTLE_MS] : ["rests", ASKING_MS];
    const timer = window.setTimeout(() => setStage(next), afterMs);
    return () => window.clearTimeout(timer);
  }, [stage]);
  const press = () => {
    if (stage === "settles") return;
    setStage(stage === "rests" ? "settles" : "rests");
    if (stage === "asks") act();
  };
  return { asking: stage !== "rests", settling: stage === "settles", press };
}

interface AskOnceProps {
  label: string;
  question: string;
  testid: string;
  act: () => void;
}

export function AskOnce({ label, question, testid, act }: AskOnceProps) {
  const { asking, settling, press } = useAskOnce(act);
  return (
    <button
      type="button"
      class="text-button"
      data-testid={testid}
      data-asking={asking}
      aria-disabled={settling}
      onClick={press}
    >
      {asking ? question : label}
    </button>
  );
}
