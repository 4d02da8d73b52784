// A moment, as people read it: the time of day, and the date as well when that day is not today.

export function momentText(momentMs: number, nowMs: number, locale: string): string {
  const moment = new Date(momentMs);
  const time = moment.toLocaleTimeString(locale, { hour12: false });
  if (moment.toDateString() === new Date(nowMs).toDateString()) return time;
  const thisYear = moment.getFullYear() === new Date(nowMs).getFullYear();
  const date: Intl.DateTimeFormatOptions = { month: "short", day: "numeric" };
  if (!thisYear) date.year = "numeric";
  return `${moment.toLocaleDateString(locale, date)} ${time}`;
}
