import type { Picture } from "../../api/schema.js";

/** How many were reached in a step of time. */
export interface RatePoint {
  /** When the step began, in ms. */
  readonly at: number;
  /** How many were reached in it. */
  readonly reached: number;
}

/** A curve of steps of one length. */
export interface Rate {
  readonly stepS: number;
  readonly points: readonly RatePoint[];
}

/** Lengths of steps, in seconds, that people can read. */
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];
const MOST_POINTS = 60;

/**
 * How fast terminals were reached, from the curve of how many were: from the first that was reached to the last. Null
 * where all were reached within a step of a second: then there is no rate to speak of.
 */
export function rateOf({ reach }: Pick<Picture, "reach">): Rate | null {
  const steps = rises(reach);
  const first = steps[0];
  const last = steps.at(-1);
  if (first === undefined || last === undefined) return null;
  const spanS = (last.at - first.at) / 1_000;
  if (spanS < 1) return null;
  const stepS = STEPS_S.find(step => spanS / step < MOST_POINTS) ?? Math.ceil(spanS / MOST_POINTS);
  const begin = Math.floor(first.at / 1_000 / stepS) * stepS;
  const count = Math.floor((last.at / 1_000 - begin) / stepS) + 1;
  const reached = new Array<number>(count).fill(0);
  for (const { at, more } of steps) {
    const place = Math.floor((at / 1_000 - begin) / stepS);
    reached[place] = (reached[place] ?? 0) + more;
  }
  return { stepS, points: reached.map((more, place) => ({ at: (begin + place * stepS) * 1_000, reached: more })) };
}

function rises(reach: Picture["reach"]): { at: number; more: number }[] {
  let before = 0;
  const found: { at: number; more: number }[] = [];
  for (const [at, count] of reach) {
    if (count > before) found.push({ at: Date.parse(at), more: count - before });
    before = Math.max(before, count);
  }
  return found;
}
