import type { Drawing, DrawnLane, MarkKind } from "./drawing.js";

/** How many were reached at a moment, by the curve. */
export function reachedAt(drawing: Drawing, at: number): number {
  let [low, high] = [0, drawing.reach.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((drawing.reach[middle]?.at ?? Number.POSITIVE_INFINITY) <= at) low = middle + 1;
    else high = middle;
  }
  return drawing.reach[low - 1]?.reached ?? 0;
}

/** How many of a lane were reached at a moment: what a bar sends is spread evenly over it. */
function laneReachedAt(lane: DrawnLane, at: number): number {
  let reached = 0;
  for (const span of lane.spans) {
    if (span.kind !== "send" || span.from > at) continue;
    const all = span.terminals ?? lane.terminals;
    reached += at >= span.to ? all : Math.floor((all * (at - span.from)) / (span.to - span.from));
  }
  return Math.min(reached, lane.terminals);
}

/** Whether all of every lane, of those foreseen too, were sent to by a moment. */
export function isAllSentAt(actual: Drawing, forecast: Drawing | null, at: number): boolean {
  const sent = new Set(actual.lanes.filter(lane => laneReachedAt(lane, at) >= lane.terminals).map(lane => lane.id));
  const lanes = [...actual.lanes, ...(forecast?.lanes ?? [])].filter(lane => lane.terminals > 0);
  return lanes.length > 0 && lanes.every(lane => sent.has(lane.id));
}

/** How many of each lane were reached at a moment: by their bars, and together as many as the curve says. */
export function lanesReachedAt(drawing: Drawing, at: number): Map<string, number> {
  const found = new Map(drawing.lanes.map(lane => [lane.id, laneReachedAt(lane, at)]));
  let missing = reachedAt(drawing, at) - [...found.values()].reduce((sum, reached) => sum + reached, 0);
  // The curve knows slices, a bar only its ends: the lanes that are being sent to make up for the difference.
  for (const lane of drawing.lanes) {
    const reached = found.get(lane.id) ?? 0;
    if (!lane.spans.some(span => span.kind === "send" && span.from <= at && at <= span.to)) continue;
    const change = Math.max(-reached, Math.min(missing, lane.terminals - reached));
    found.set(lane.id, reached + change);
    missing -= change;
  }
  return found;
}

const ENDINGS: readonly MarkKind[] = ["expires", "cancelled", "rejected"];

/** Whether a push had ended by a moment, other than by being done. */
export function hasEndedAt(drawing: Drawing, at: number): boolean {
  return drawing.marks.some(mark => mark.lane === null && mark.at <= at && ENDINGS.includes(mark.kind));
}

/** Whether a push stands still at a moment. */
export function isHaltedAt(drawing: Drawing, at: number): boolean {
  const last = drawing.marks
    .filter(mark => mark.at <= at && (mark.kind === "halted" || mark.kind === "resumed"))
    .at(-1);
  return last?.kind === "halted" && !hasEndedAt(drawing, at);
}

/** When the last terminal is reached; null: none is. */
export function lastReach(drawing: Drawing): number | null {
  let found: number | null = null;
  let before = 0;
  for (const point of drawing.reach) {
    if (point.reached > before) found = point.at;
    before = Math.max(before, point.reached);
  }
  return found;
}
