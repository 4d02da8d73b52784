// Paying an order back: asks once, says what happens, and whether its units go back on sale.
import { useState } from "preact/hooks";

import { money, t } from "../../i18n";
import { toastText } from "../../toasts";
import type { HoldView } from "../../wire/types.gen";
import { useRoom } from "../context";
import { shortId } from "../orders";
import { Sheet } from "../sheet";

interface RefundProps {
  order: HoldView;
  currency: string;
  close: () => void;
  refunded: (order: HoldView) => void;
}

export function RefundSheet({ order, currency, close, refunded }: RefundProps) {
  const room = useRoom();
  const [restock, setRestock] = useState(true);
  const [busy, setBusy] = useState(false);
  const confirm = async () => {
    if (busy) return;
    setBusy(true); // pressing twice would be no harm: an order is paid back once
    const answer = await room.ask("refund", { reservation_id: order.reservation_id, restock });
    setBusy(false);
    if (!answer.ok) return;
    toastText("toast.refundAsked", "good");
    refunded(order);
    close();
  };
  const values = { amount: money(order.amount_cents, currency), id: shortId(order.reservation_id) };
  return (
    <Sheet title={t("host.refund")} testid="refund-sheet" onClose={close}>
      <p>{t("host.refund.ask", values)}</p>
      <label class="check">
        <input
          type="checkbox"
          data-testid="refund-restock"
          checked={restock}
          onChange={(event) => setRestock(event.currentTarget.checked)}
        />
        {t("host.refund.restock")}
      </label>
      <div class="sheet-actions">
        <button type="button" class="text-button" onClick={close}>
          {t("host.cancel")}
        </button>
        <button type="button" class="main-button" data-testid="confirm-refund" aria-disabled={busy} onClick={() => void confirm()}>
          {t("host.refund.confirm", values)}
        </button>
      </div>
    </Sheet>
  );
}
