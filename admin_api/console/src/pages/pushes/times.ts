import { clock, moment } from "../../format/moments.js";
import { locale } from "../../words/locale.js";

/** `10:42:05` today, `24 Nov, 10:42` on another day; in the viewer's zone. */
export function wholeClock(at: Date, now: Date = new Date()): string {
  return at.toDateString() === now.toDateString() ? clock(at) : moment(at, { now });
}

/** `10:42` today, `Tue 10:42` within a week, else `24 Nov, 10:42`: as one says when something will be. */
export function sayMoment(at: Date, now: Date): string {
  if (at.toDateString() === now.toDateString()) return clock(at, { seconds: false });
  const days = Math.abs(at.getTime() - now.getTime()) / 86_400_000;
  if (days >= 6) return moment(at, { now });
  const format: Intl.DateTimeFormatOptions = { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(locale(), format).format(at);
}
