import type { Picture, Preview } from "../../api/schema.js";

/** What a preview comes to, in the few figures that one compares. */
export interface Outcome {
  readonly terminals: number;
  /** When the last of them is reached; null if nobody is. */
  readonly reachedAt: string | null;
  /** When nothing is left to be done. */
  readonly endsAt: string;
  readonly usd: number;
  readonly mostUsd: number;
}

/** The figures of a preview. */
export function outcomeOf({ audience, timeline, cost }: Preview): Outcome {
  return {
    terminals: audience.terminals,
    reachedAt: reachedAt(timeline),
    endsAt: timeline.marks.find(mark => mark.kind === "done")?.at ?? timeline.to,
    usd: cost.usd,
    mostUsd: cost.most_usd,
  };
}

function reachedAt({ reach }: Picture): string | null {
  const most = reach.at(-1)?.[1] ?? 0;
  if (most === 0) return null;
  return reach.find(([, count]) => count === most)?.[0] ?? null;
}

/** The number that has to be typed before a push to so many is sent; null: it is small enough for a click. */
export function numberToType(terminals: number, confirmAbove: number): number | null {
  return terminals > confirmAbove ? terminals : null;
}

/** Whether what was typed is that number, however its digits are grouped. */
export function isTyped(typed: string, wanted: number): boolean {
  return typed.replace(/[\s.,'’]/g, "") === String(wanted);
}
