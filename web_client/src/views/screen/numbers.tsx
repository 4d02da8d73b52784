// The numbers one reads from across the room.
import { paidLately, type Show, totals } from "../../figures";
import { count, money, t } from "../../i18n";
import { useRoom } from "../context";

export function Numbers({ show, span }: { show: Show; span: number }) {
  const { room, viewerCount } = useRoom().state.value;
  const sum = totals(show, span);
  const currency = room?.currency ?? "CNY";
  const wasRefunded = sum.refundedCents > 0; // what is counted as paid stays so; the host's sum is without it
  const refunded = wasRefunded ? t("screen.refunded", { amount: money(sum.refundedCents, currency) }) : "";
  return (
    <dl class="numbers">
      <Number name={t("screen.gmv")} testid="gmv" text={money(sum.paidCents, currency)} isFirst note={refunded} />
      <Number name={t("screen.orders")} testid="orders" text={count(sum.paid)} note={wasRefunded ? t("screen.orders.refunded") : ""} />
      <Number name={t("screen.perMinute")} testid="per-minute" text={count(paidLately(show))} />
      <Number name={t("screen.viewers")} testid="viewers" text={count(viewerCount)} note={t("screen.most", { count: count(sum.viewersMost) })} />
      <Number name={t("screen.average")} testid="average" text={sum.paid === 0 ? "–" : money(Math.round(sum.paidCents / sum.paid), currency)} />
    </dl>
  );
}

interface NumberProps {
  name: string;
  text: string;
  testid: string;
  note?: string;
  isFirst?: boolean;
}

function Number({ name, text, testid, note, isFirst = false }: NumberProps) {
  return (
    <div class="number" data-first={isFirst}>
      <dt>{name}</dt>
      <dd>
        <span data-testid={`screen-${testid}`}>{text}</span>
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}
