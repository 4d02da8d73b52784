// Watches what the viewer is shown and presses, and has the server told of it by number.
import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Attention } from "../attention";
import { featured } from "../store/featured";
import { useRoom } from "./context";

export function useAttention(): void {
  const room = useRoom();
  useEffect(() => {
    const attention = new Attention({
      send: async (looked) => (await room.quietly("attention", looked)).ok,
      isLookedAt: () => !document.hidden,
      chance: Math.random,
    });
    const stopWatching = effect(() => {
      const state = room.state.value;
      const shown = featured(state, room.nowMs.peek());
      if (shown !== null) attention.note("seen", shown.product.product_id);
      for (const line of state.pending.flatMap((one) => one.lines)) {
        const sale = state.sales.get(line.sale_id);
        if (sale !== undefined) attention.note("clicked", sale.product_id);
      }
    });
    const onLeave = () => attention.leave();
    window.addEventListener("pagehide", onLeave);
    return () => {
      window.removeEventListener("pagehide", onLeave);
      stopWatching();
      attention.stop();
    };
  }, [room]);
}
