// "Somebody just bought": true ones only, one at a time and never faster than can be read. Not a live
// region, because it is about others.
import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";

import { t } from "../i18n";
import type { BoughtEvent } from "../wire/types.gen";
import { useRoom } from "./context";
import { Icon } from "./icons";

const SHOWN_MS = 3_500;

export function Bought() {
  const { state } = useRoom();
  const heard = useRef(state.value.bought); // what happened before the page opened is not "just now"
  const [shown, setShown] = useState<BoughtEvent | null>(null);
  const isFree = useRef(true);
  useSignalEffect(() => {
    const { bought } = state.value;
    if (bought === heard.current) return;
    heard.current = bought;
    if (isFree.current) setShown(bought);
  });
  useEffect(() => {
    isFree.current = shown === null;
    if (shown === null) return undefined;
    const timer = window.setTimeout(() => setShown(null), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [shown]);
  return <div class="bought-place">{shown !== null && <Told event={shown} />}</div>;
}

function Told({ event }: { event: BoughtEvent }) {
  const { products } = useRoom().state.value;
  const name = event.name ?? t("bought.somebody");
  const others = event.buyers - 1;
  const title = products.get(event.product_id)?.title ?? "";
  return (
    <p class="bought" data-testid="bought">
      <Icon name="bag" />
      <span>{t(others > 0 ? "bought.many" : "bought.one", { name, others, count: event.units, title })}</span>
    </p>
  );
}
