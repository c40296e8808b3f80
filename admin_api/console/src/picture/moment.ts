import type { Drawing } from "./drawing.js";
import { hasEndedAt, isAllSentAt, lastReach, reachedAt } from "./progress.js";

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

/** How many a push is for, and how many it was for as far as is counted now: those too who came back after it was sent. */
export interface Meant {
  readonly total: number;
  readonly targeted: number;
}

export interface Progress {
  /** By the curve of what was sent. */
  readonly reached: number;
  /** On no curve: they were away, and got it when they came back. */
  readonly later: number;
  readonly waiting: number;
  readonly missed: number;
}

/** A push at a moment, as it was, or as it is foreseen from what is known. */
export function progressAt(tenses: Tenses, at: number, { total, targeted }: Meant): Progress {
  const { forecast, actual, now } = tenses;
  const done = actual === null ? 0 : reachedAt(actual, at);
  const ahead = forecast === null || hasBeen(tenses, at) ? 0 : reachedAt(forecast, at);
  const reached = Math.min(Math.max(done, ahead), Math.max(total, done));
  // While it is being sent, counts are ahead of the curve; then who is on none of it came back.
  const isSent = actual !== null && at >= actual.to && (now === null || isAllSentAt(actual, forecast, at));
  const later = isSent ? Math.max(targeted - reached, 0) : 0;
  const left = Math.max(total - reached - later, 0);
  const drawing = hasBeen(tenses, at) ? actual : (forecast ?? actual);
  // Whoever was expected and not found is not waited for once it is done.
  const over = actual?.marks.some(mark => mark.kind === "done" && mark.lane === null && mark.at <= at);
  if (over === true) return { reached, later, waiting: 0, missed: 0 };
  const ended = drawing !== null && hasEndedAt(drawing, at);
  return { reached, later, waiting: ended ? 0 : left, missed: ended ? left : 0 };
}
