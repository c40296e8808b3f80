import { clock } from "../format/moments.js";
import { locale } from "../words/locale.js";
import type { Axis, Piece } from "./axis.js";

/** A moment that the axis names, in the viewer's zone. */
export interface Tick {
  readonly at: number;
  readonly x: number;
  readonly label: string;
  /** The day, where it is another one than at the tick before; null: it is the same. */
  readonly day: string | null;
}

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
/** Steps between ticks, from seconds to weeks. */
const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map(count => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map(count => count * MINUTE),
  ...[1, 2, 3, 6, 12].map(count => count * HOUR),
  ...[1, 2, 7, 14].map(count => count * DAY),
];

/** Ticks at round moments, no two labels nearer than `apart` pixels. */
export function ticks(axis: Axis, apart = 68): Tick[] {
  const found: Tick[] = [];
  let lastX = Number.NEGATIVE_INFINITY;
  let lastDay = "";
  for (const piece of axis.pieces) {
    if (piece.compressed) continue;
    const { step, moments } = within(piece, apart);
    for (const at of moments) {
      const x = axis.x(at);
      if (x - lastX < apart * 0.72) continue;
      const date = new Date(at);
      const day = dayOf(date);
      const whole = step >= DAY;
      found.push({
        at,
        x,
        label: whole ? day : clock(date, { seconds: step < MINUTE }),
        day: whole || day === lastDay ? null : day,
      });
      [lastX, lastDay] = [x, day];
    }
  }
  return found;
}

function within(piece: Piece, apart: number): { step: number; moments: number[] } {
  const perPixel = (piece.to - piece.from) / (piece.x1 - piece.x0);
  const fitting = STEPS.findIndex(step => step >= apart * perPixel);
  const from = fitting === -1 ? STEPS.length - 1 : fitting;
  // A stretch that is too short for two ticks still gets one.
  for (let index = from; index >= 0; index -= 1) {
    const step = STEPS[index] ?? DAY;
    const moments = multiples(piece.from, piece.to, step);
    if (moments.length > 0) return { step, moments: index === from ? moments : moments.slice(0, 1) };
  }
  return { step: SECOND, moments: [piece.from] };
}

/** Multiples of a step by the viewer's clock, also over a change of the clock. */
function multiples(from: number, to: number, step: number): number[] {
  const found: number[] = [];
  const offset = (at: number) => new Date(at).getTimezoneOffset() * MINUTE;
  for (let local = Math.ceil((from - offset(from)) / step) * step; found.length < 500; local += step) {
    const guess = local + offset(from);
    const at = local + offset(guess);
    if (at > to) break;
    if (at >= from) found.push(at);
  }
  return found;
}

/** `1 Dec`, in the viewer's language and zone. */
export function dayOf(at: Date): string {
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short" }).format(at);
}
