// One chart over time, drawn by uPlot: made once, given new numbers as they come, sized by its place.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import type { Mark } from "../../api";

const HEIGHT_MIN_PX = 56;
const AXIS_PX = 26;
const VALUES_PX = 64;
const FONT = "12px system-ui, sans-serif";

interface ChartProps {
  title: string;
  testid: string;
  kind: "area" | "bars";
  color: string; // a custom property of the page's style
  atS: readonly number[]; // seconds since 1970, one a minute
  minutes: number; // how many are shown
  values: readonly number[];
  marks: readonly Mark[];
  language: string;
  text?: (value: number) => string;
}

export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shown = useRef(props);
  shown.current = props;
  usePalette(() => plot.current?.redraw());
  useEffect(() => {
    if (place.current === null) return undefined;
    const made = new uPlot(options(shown), dataOf(shown.current), place.current);
    plot.current = made;
    const sized = new ResizeObserver(() => made.setSize(sizeOf(place.current)));
    sized.observe(place.current);
    return () => {
      sized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [props.language]);
  useEffect(() => plot.current?.setData(dataOf(props)), [props.atS, props.values, props.marks]);
  const last = props.values.at(-1) ?? 0;
  const text = (props.text ?? String)(last);
  return (
    <figure class="chart" data-testid={props.testid} data-last={last} data-marks={props.marks.length}>
      <figcaption>{props.title}</figcaption>
      <div ref={place} class="chart-place" role="img" aria-label={`${props.title}: ${text}`} />
    </figure>
  );
}

/** Draws again in other colours when the system turns light or dark. */
function usePalette(redraw: () => void): void {
  useEffect(() => {
    const query = window.matchMedia("(prefers-color-scheme: dark)");
    query.addEventListener("change", redraw);
    return () => query.removeEventListener("change", redraw);
  }, []);
}

function dataOf({ atS, values }: ChartProps): uPlot.AlignedData {
  return [[...atS], [...values]];
}

function sizeOf(place: HTMLElement | null): { width: number; height: number } {
  return { width: place?.clientWidth ?? 0, height: Math.max(HEIGHT_MIN_PX, place?.clientHeight ?? 0) };
}

function ink(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function options(shown: { current: ChartProps }): uPlot.Options {
  const { kind, color, language, title, text } = shown.current;
  const bars = uPlot.paths.bars?.({ size: [0.7, 40] });
  const steps = uPlot.paths.linear?.();
  const builder = kind === "bars" ? bars : steps;
  const hours = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false });
  const axis = { stroke: () => ink("--ink-soft"), grid: { stroke: () => ink("--line"), width: 1 }, ticks: { show: false }, font: FONT };
  return {
    width: 100,
    height: HEIGHT_MIN_PX,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { range: () => timeRange(shown.current) }, y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.15)] } },
    axes: [
      { ...axis, size: AXIS_PX, values: (_plot, splits) => splits.map((second) => hours.format(second * 1000)) },
      { ...axis, size: VALUES_PX, splits: wholeSplits, values: (_plot, splits) => splits.map((value) => (text ?? String)(value)) },
    ],
    series: [
      {},
      {
        label: title,
        stroke: () => ink(color),
        fill: () => `color-mix(in srgb, ${ink(color)} ${kind === "bars" ? 70 : 18}%, transparent)`,
        width: kind === "bars" ? 0 : 2,
        points: { show: false },
        ...(builder === undefined ? {} : { paths: builder }),
      },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, shown.current.marks)] },
  };
}

/** To the end of the last minute, in which things are happening now. */
function timeRange({ atS, minutes }: ChartProps): [number, number] {
  const end = Math.ceil((atS.at(-1) ?? 0) / 60) * 60;
  return [end - minutes * 60, end];
}

/** Three lines across, at whole numbers: half an order is nothing. */
function wholeSplits(_plot: uPlot, _axis: number, _min: number, max: number): number[] {
  const step = Math.max(1, niceStep(max / 3));
  return Array.from({ length: Math.floor(max / step) + 1 }, (_, index) => index * step);
}

function niceStep(rough: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  return ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude;
}

const MARK_INKS: Readonly<Record<string, string>> = { sale_started: "--good", sale_resumed: "--good", sale_ended: "--bad", sale_paused: "--warn", pin: "--chart-money" };

function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  const dot = 4 * devicePixelRatio;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const mark of marks) {
    const x = plot.valToPos(mark.at_ms / 1000, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = ink(MARK_INKS[mark.kind] ?? "--ink-soft");
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, bbox.top + dot, dot, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}
