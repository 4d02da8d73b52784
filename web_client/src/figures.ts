// What happened in a show, as numbers to draw. Pure: the minutes come from the server, which counts
// them; here they are put together, summed up and laid out.
import type { FiguresReply, Mark, Minute, ProductMinute } from "./api";

export const MINUTE_MS = 60_000;
export const MINUTES_KEPT = 1_440;

/** Everything known of a show, by the minute since 1970. */
export interface Show {
  minutes: ReadonlyMap<number, Minute>;
  marks: readonly Mark[];
  nowMs: number;
}

export const NO_SHOW: Show = { minutes: new Map(), marks: [], nowMs: 0 };

/** With what the server said of all minutes from `since` on, which replaces what was known of them. */
export function withNews(show: Show, since: number, news: FiguresReply): Show {
  const oldest = Math.floor(news.now_ms / MINUTE_MS) - MINUTES_KEPT;
  const before = [...show.minutes].filter(([minute]) => minute < since && minute > oldest);
  const told = news.minutes.map((minute) => [minute.minute, minute] as const);
  const sinceMs = since * MINUTE_MS;
  return {
    minutes: new Map([...before, ...told]),
    marks: [...show.marks.filter((mark) => mark.at_ms < sinceMs), ...news.marks],
    nowMs: news.now_ms,
  };
}

export type FunnelName = "seen" | "clicked" | "held" | "paid";

export interface Step {
  name: FunnelName;
  counted: number;
  length: number; // of its bar, 0 to 1: beside those that count the same
  wentOn: number | null; // 0 to 1: the share of the step before, where that counts the same
}

export interface Totals extends Record<FunnelName, number> {
  paidCents: number;
  refundedCents: number;
  viewersMost: number;
}

export interface Lines {
  middleS: number[]; // the middle of each minute, in seconds since 1970: where a count stands
  endS: number[]; // and its end, or now: where what was reached in it stands
  viewers: number[];
  paid: number[];
  held: number[];
  paidCents: number[]; // so far
}

/** The minutes of the last so many, without gaps. */
export function lines(show: Show, lastMinutes: number): Lines {
  const made: Lines = { middleS: [], endS: [], viewers: [], paid: [], held: [], paidCents: [] };
  let paidCents = 0;
  const last = Math.floor(show.nowMs / MINUTE_MS);
  for (let minute = last - lastMinutes + 1; minute <= last; minute += 1) {
    const told = show.minutes.get(minute);
    paidCents += told?.paid_cents ?? 0;
    made.middleS.push(minute * 60 + 30);
    made.endS.push(Math.min((minute + 1) * 60, show.nowMs / 1000));
    made.viewers.push(told?.viewers ?? 0);
    made.paid.push(told?.paid ?? 0);
    made.held.push(told?.held ?? 0);
    made.paidCents.push(paidCents);
  }
  return made;
}

export function totals(show: Show, lastMinutes: number): Totals {
  const sum: Totals = { seen: 0, clicked: 0, held: 0, paid: 0, paidCents: 0, refundedCents: 0, viewersMost: 0 };
  for (const minute of among(show, lastMinutes)) {
    sum.seen += minute.seen;
    sum.clicked += minute.clicked;
    sum.held += minute.held;
    sum.paid += minute.paid;
    sum.paidCents += minute.paid_cents;
    sum.refundedCents += minute.refunded_cents;
    sum.viewersMost = Math.max(sum.viewersMost, minute.viewers);
  }
  return sum;
}

/** Viewers, each once, who saw a product and pressed buy; and orders, held and paid. One viewer may have many. */
export function funnel(show: Show, lastMinutes: number): Step[] {
  const sum = totals(show, lastMinutes);
  return [...steps(sum, "seen", "clicked"), ...steps(sum, "held", "paid")];
}

function steps(sum: Totals, first: FunnelName, then: FunnelName): Step[] {
  const most = Math.max(1, sum[first], sum[then]);
  const step = (name: FunnelName, wentOn: number | null) => ({ name, counted: sum[name], length: sum[name] / most, wentOn });
  return [step(first, null), step(then, shareOf(sum[then], sum[first]))];
}

/** More than all is no share: they had come to the step before in an earlier time than the chosen one. */
function shareOf(part: number, whole: number): number | null {
  return whole === 0 || part > whole ? null : part / whole;
}

/** What was paid in the last whole minute's length, so that a number on a wall does not fall to 0 on the minute. */
export function paidLately(show: Show): number {
  const last = Math.floor(show.nowMs / MINUTE_MS);
  const intoMinute = (show.nowMs % MINUTE_MS) / MINUTE_MS;
  const before = show.minutes.get(last - 1)?.paid ?? 0;
  return Math.round((show.minutes.get(last)?.paid ?? 0) + before * (1 - intoMinute));
}

/** Each product's sums, the best-selling first. */
export function byProduct(show: Show, lastMinutes: number): ProductMinute[] {
  const sums = new Map<string, ProductMinute>();
  for (const told of among(show, lastMinutes).flatMap((minute) => minute.products)) {
    const sum = sums.get(told.product_id);
    sums.set(told.product_id, sum === undefined ? told : added(sum, told));
  }
  return [...sums.values()].sort((one, other) => other.paid_cents - one.paid_cents || other.seen - one.seen);
}

/** The shortest of `spans` (minutes, ascending) that has all there is to see, else the longest. */
export function spanFor(show: Show, spans: readonly number[]): number {
  const first = Math.min(...show.minutes.keys());
  const age = Math.floor(show.nowMs / MINUTE_MS) - first + 1;
  return spans.find((span) => show.minutes.size === 0 || age <= span) ?? spans.at(-1) ?? MINUTES_KEPT;
}

export function marksAmong(show: Show, lastMinutes: number): Mark[] {
  const firstMs = (Math.floor(show.nowMs / MINUTE_MS) - lastMinutes + 1) * MINUTE_MS;
  return show.marks.filter((mark) => mark.at_ms >= firstMs);
}

function among(show: Show, lastMinutes: number): Minute[] {
  const first = Math.floor(show.nowMs / MINUTE_MS) - lastMinutes;
  return [...show.minutes.values()].filter((minute) => minute.minute > first);
}

function added(one: ProductMinute, other: ProductMinute): ProductMinute {
  return {
    product_id: one.product_id,
    seen: one.seen + other.seen,
    clicked: one.clicked + other.clicked,
    held: one.held + other.held,
    paid: one.paid + other.paid,
    paid_cents: one.paid_cents + other.paid_cents,
  };
}
