import type { State, Timelines } from "../../api/schema.js";

/** The states of pushes that may still reach someone. */
export const OPEN: readonly State[] = ["awaiting_approval", "scheduled", "waiting", "sending", "sent"];

/** How far a push is, and when it is done by what is foreseen; null where that is not known. */
export interface Progress {
  readonly reached: number;
  readonly total: number;
  readonly doneAt: Date | null;
}

/** Told from its timeline: what was reached, of how many that were foreseen. */
export function progressOf({ forecast, actual }: Timelines): Progress {
  const reached = actual.reach.at(-1)?.[1] ?? 0;
  const foreseen = forecast.lanes.reduce((sum, lane) => sum + lane.terminals, 0);
  const last = forecast.reach.at(-1)?.[0];
  const done = forecast.marks.find(mark => mark.kind === "done")?.at ?? last;
  return { reached, total: Math.max(foreseen, reached), doneAt: done === undefined ? null : new Date(done) };
}
