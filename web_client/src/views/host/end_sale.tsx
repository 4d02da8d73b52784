// Ending a sale asks once, and says what happens to those who are paying.
import { t } from "../../i18n";
import type { Sale } from "../../store/state";
import { toastText } from "../../toasts";
import type { ProductView } from "../../wire/types.gen";
import { useRoom } from "../context";
import { Sheet } from "../sheet";

interface EndProps {
  product: ProductView;
  sale: Sale;
  close: () => void;
}

export function EndSaleSheet({ product, sale, close }: EndProps) {
  const room = useRoom();
  const confirm = async () => {
    const answer = await room.ask("end_sale", { sale_id: sale.sale_id });
    if (answer.ok) toastText("toast.ended", "plain");
    close();
  };
  return (
    <Sheet title={t("host.end")} testid="end-sheet" onClose={close}>
      <p>{t("host.end.ask", { title: product.title })}</p>
      <div class="sheet-actions">
        <button type="button" class="text-button" onClick={close}>
          {t("host.cancel")}
        </button>
        <button type="button" class="main-button" data-testid="confirm-end" onClick={() => void confirm()}>
          {t("host.end.confirm")}
        </button>
      </div>
    </Sheet>
  );
}
