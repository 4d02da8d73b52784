// From those who saw a product to the orders that were paid: four bars. The first two count viewers,
// the last two orders, so a share is of the bar before only where that counts the same.
import { funnel, type FunnelName, type Show } from "../../figures";
import { count, type Key, t } from "../../i18n";

const LABELS: Readonly<Record<FunnelName, Key>> = {
  seen: "screen.funnel.seen",
  clicked: "screen.funnel.clicked",
  held: "screen.funnel.held",
  paid: "screen.funnel.paid",
};

export function FunnelBars({ show, span }: { show: Show; span: number }) {
  return (
    <section class="screen-part funnel">
      <h2>{t("screen.funnel")}</h2>
      <ol>
        {funnel(show, span).map(({ name, counted, length, wentOn }) => (
          <li key={name} class="funnel-row" style={{ "--share": `${length * 100}%` }}>
            <span class="funnel-name">{t(LABELS[name])}</span>
            <span class="funnel-bar" aria-hidden="true" />
            <b data-testid={`funnel-${name}`}>{count(counted)}</b>
            <small data-testid={`funnel-${name}-share`}>{wentOn === null ? "" : `${Math.round(wentOn * 100)}%`}</small>
          </li>
        ))}
      </ol>
    </section>
  );
}
