// What the host did, newest first: the words to the lines in the charts.
import type { Mark } from "../../api";
import { marksAmong, type Show } from "../../figures";
import { type Key, t, when } from "../../i18n";
import { useRoom } from "../context";

const SHOWN_MAX = 8;

const LABELS: Readonly<Record<string, Key>> = {
  pin: "screen.mark.pin",
  unpin: "screen.mark.unpin",
  sale_started: "screen.mark.sale_started",
  sale_ended: "screen.mark.sale_ended",
  sale_paused: "screen.mark.sale_paused",
  sale_resumed: "screen.mark.sale_resumed",
  restocked: "screen.mark.restocked",
  announcement: "screen.mark.announcement",
  poll: "screen.mark.poll",
};

export function Marks({ show, span }: { show: Show; span: number }) {
  const latest = marksAmong(show, span).slice(-SHOWN_MAX).reverse();
  return (
    <section class="screen-part screen-marks" tabIndex={0} aria-label={t("screen.marks")}>
      <h2>{t("screen.marks")}</h2>
      {latest.length === 0 && <p class="side-note">{t("screen.nothing")}</p>}
      <ol>
        {latest.map((mark) => (
          <MarkRow key={`${mark.at_ms} ${mark.kind} ${mark.text}`} mark={mark} />
        ))}
      </ol>
    </section>
  );
}

function MarkRow({ mark }: { mark: Mark }) {
  const { products } = useRoom().state.value;
  const key = LABELS[mark.kind];
  if (key === undefined) return null; // of a newer server
  const title = products.get(mark.product_id ?? "")?.title ?? mark.product_id ?? "";
  return (
    <li class="mark-row" data-testid="mark" data-kind={mark.kind}>
      <time>{when(mark.at_ms)}</time> <span>{t(key, { title, text: mark.text })}</span>
    </li>
  );
}
