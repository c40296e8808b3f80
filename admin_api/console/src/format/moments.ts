import { locale } from "../words/locale.js";

const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale()} ${JSON.stringify(options)}`;
  const found = cache.get(key) ?? new Intl.DateTimeFormat(locale(), { hourCycle: "h23", ...options });
  cache.set(key, found);
  return found;
}

/** `09:00:05`, or `09:00` without seconds; in `timeZone`, by default the viewer's. */
export function clock(at: Date, { seconds = true, timeZone }: { seconds?: boolean; timeZone?: string } = {}): string {
  const parts: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  return formatter({ ...parts, ...(seconds && { second: "2-digit" }), ...(timeZone && { timeZone }) }).format(at);
}

/** `24 Nov, 09:00`, with the year where it is not this one; in the viewer's zone. */
export function moment(at: Date, { now = new Date(), timeZone }: { now?: Date; timeZone?: string } = {}): string {
  const year = at.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  const zone = timeZone === undefined ? {} : { timeZone };
  return formatter({ month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", ...year, ...zone }).format(at);
}

/** The whole of it, for a tooltip: `Tuesday, 24 November 2026, 09:00:05 GMT+9`. */
export function wholeMoment(at: Date, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  return formatter({
    weekday: "long",
    year: "numeric",
    month: "long",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
    ...zone,
  }).format(at);
}

const STEPS: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** `5 minutes ago`, `in 2 hours`, in the viewer's language. */
export function ago(at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1_000;
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: "auto", style: "short" });
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return relative.format(Math.round(seconds / size), unit);
}
