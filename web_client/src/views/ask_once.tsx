// A press that takes something away: the first asks, the second does it. Left alone it forgets the first.
import { useEffect, useState } from "preact/hooks";

const ASKING_MS = 4_000;

interface Asking {
  asking: boolean; // the next press acts
  press: () => void;
}

export function useAskOnce(act: () => void): Asking {
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    if (!asking) return undefined;
    const timer = window.setTimeout(() => setAsking(false), ASKING_MS);
    return () => window.clearTimeout(timer);
  }, [asking]);
  const press = () => {
    setAsking(!asking);
    if (asking) act();
  };
  return { asking, press };
}

interface AskOnceProps {
  label: string;
  question: string;
  testid: string;
  act: () => void;
}

export function AskOnce({ label, question, testid, act }: AskOnceProps) {
  const { asking, press } = useAskOnce(act);
  return (
    <button type="button" class="text-button" data-testid={testid} data-asking={asking} onClick={press}>
      {asking ? question : label}
    </button>
  );
}
