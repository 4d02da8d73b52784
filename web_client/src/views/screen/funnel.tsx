// From those who saw a product to those who paid: four bars, and how many went on at each step.
import { type Funnel, type Show, totals } from "../../figures";
import { count, type Key, t } from "../../i18n";

const STEPS: readonly { name: keyof Funnel; label: Key }[] = [
  { name: "seen", label: "screen.seen" },
  { name: "clicked", label: "screen.clicked" },
  { name: "held", label: "screen.held" },
  { name: "paid", label: "screen.paid" },
];

export function FunnelBars({ show, span }: { show: Show; span: number }) {
  const sum = totals(show, span);
  const most = Math.max(1, ...STEPS.map(({ name }) => sum[name]));
  return (
    <section class="screen-part funnel">
      <h2>{t("screen.funnel")}</h2>
      <ol>
        {STEPS.map(({ name, label }, index) => {
          const before = STEPS[index - 1];
          return (
            <li key={name} class="funnel-row" style={{ "--share": `${(sum[name] / most) * 100}%` }}>
              <span class="funnel-name">{t(label)}</span>
              <span class="funnel-bar" aria-hidden="true" />
              <b data-testid={`funnel-${name}`}>{count(sum[name])}</b>
              <small>{before === undefined ? "" : rate(sum[name], sum[before.name])}</small>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** Who goes on; more than all may, as one viewer buys several times. */
function rate(part: number, whole: number): string {
  return whole === 0 ? "" : `${Math.round((part / whole) * 100)}%`;
}
