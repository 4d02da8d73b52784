// The three charts, one under the other on the same time, with a line for each thing the host did.
import { useMemo } from "preact/hooks";

import { lines, marksAmong, type Show } from "../../figures";
import { lang, money, t } from "../../i18n";
import { useRoom } from "../context";
import { Chart } from "./chart";

export function Charts({ show, span }: { show: Show; span: number }) {
  const { room } = useRoom().state.value;
  const currency = room?.currency ?? "CNY";
  const made = useMemo(() => lines(show, span), [show, span]);
  const marks = useMemo(() => marksAmong(show, span), [show, span]);
  const inMoney = (cents: number) => money(Math.round(cents), currency);
  const drawn = { marks, language: lang.value, minutes: span, atS: made.endS };
  return (
    <section class="charts" aria-label={t("screen.charts")}>
      <Chart {...drawn} title={t("screen.gmv")} testid="chart-gmv" kind="area" color="--chart-money" values={made.paidCents} text={inMoney} />
      <Chart {...drawn} title={t("screen.perMinute")} testid="chart-orders" kind="bars" atS={made.middleS} color="--chart-orders" values={made.paid} />
      <Chart {...drawn} title={t("screen.viewers")} testid="chart-viewers" kind="area" color="--chart-viewers" values={made.viewers} />
    </section>
  );
}
