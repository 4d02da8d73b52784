// Adding units to a sale, or cutting units that nobody holds.
import type { TargetedSubmitEvent } from "preact";
import { useState } from "preact/hooks";

import { t } from "../../i18n";
import type { Sale } from "../../store/state";
import { useRoom } from "../context";
import { Sheet } from "../sheet";
import { Field } from "./field";

const QUICK_UNITS = [-10, -1, 1, 10, 50];

export function RestockSheet({ sale, close }: { sale: Sale; close: () => void }) {
  const room = useRoom();
  const [restocking] = useState(() => room.restocking(sale.sale_id)); // one id for every press
  const [units, setUnits] = useState("10");
  const [busy, setBusy] = useState(false);
  const { products, sales } = room.state.value;
  const now = sales.get(sale.sale_id) ?? sale; // it sells on meanwhile
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const change = Number.parseInt(units, 10);
    if (busy || !Number.isSafeInteger(change) || change === 0) return;
    setBusy(true);
    const done = await room.restock(restocking, change);
    setBusy(false);
    if (done) close();
  };
  return (
    <Sheet title={t("host.restock")} testid="restock-sheet" onClose={close}>
      <p class="side-note" data-testid="restock-now">
        {products.get(now.product_id)?.title ?? now.product_id} ·{" "}
        {t("card.stock", { available: now.available, total: now.total })}
      </p>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <div class="quick-units">
          {QUICK_UNITS.map((quick) => (
            <button
              key={quick}
              type="button"
              class="side-button"
              data-testid={`quick-units-${quick}`}
              onClick={() => setUnits(String(quick))}
            >
              {quick > 0 ? `+${quick}` : `−${-quick}`}
            </button>
          ))}
        </div>
        <Field label="host.restock.units" testid="restock-units" type="number" value={units} onValue={setUnits} />
        <div class="sheet-actions">
          <button type="button" class="text-button" onClick={close}>
            {t("host.cancel")}
          </button>
          <button type="submit" class="main-button" data-testid="confirm-restock" aria-disabled={busy}>
            {t("host.restock.confirm")}
          </button>
        </div>
      </form>
    </Sheet>
  );
}
