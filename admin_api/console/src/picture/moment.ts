import type { Drawing } from "./drawing.js";
import { hasEndedAt, lastReach, reachedAt } from "./progress.js";

/** The pictures of one push: what was foreseen, what happened, and whether it goes on. */
export interface Tenses {
  readonly forecast: Drawing | null;
  readonly actual: Drawing | null;
  /** The time of day while the push goes on, or is not sent yet; null: it is over. */
  readonly now: number | null;
}

/** Where the handle rests: now, at the end of what happened, or when a plan has reached its last terminal. */
export function restingAt({ forecast, actual, now }: Tenses): number {
  if (actual !== null) return now === null ? actual.to : Math.max(now, actual.from);
  if (forecast === null) return now ?? 0;
  return lastReach(forecast) ?? forecast.to;
}

/** Whether a moment has been: what is shown then is what happened. */
export const hasBeen = ({ actual, now }: Tenses, at: number): boolean =>
  actual !== null && (now === null || at <= Math.max(actual.to, now));

/** A push at a moment, as it was, or as it is foreseen from what is known. */
export function progressAt(
  tenses: Tenses,
  at: number,
  total: number,
): { reached: number; waiting: number; missed: number } {
  const { forecast, actual } = tenses;
  const done = actual === null ? 0 : reachedAt(actual, at);
  const ahead = forecast === null || hasBeen(tenses, at) ? 0 : reachedAt(forecast, at);
  const reached = Math.min(Math.max(done, ahead), Math.max(total, done));
  const left = Math.max(total - reached, 0);
  const drawing = hasBeen(tenses, at) ? actual : (forecast ?? actual);
  // Whoever was expected and not found is not waited for once it is done.
  const over = actual?.marks.some(mark => mark.kind === "done" && mark.lane === null && mark.at <= at);
  if (over === true) return { reached, waiting: 0, missed: 0 };
  const ended = drawing !== null && hasEndedAt(drawing, at);
  return { reached, waiting: ended ? 0 : left, missed: ended ? left : 0 };
}
