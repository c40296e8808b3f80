import { type Drawing, type DrawnLane, drawingOf, type Picture, type SpanKind } from "./drawing.js";

/** A lane at a moment. */
export interface LaneProgress {
  readonly id: string;
  readonly reached: number;
  readonly waiting: number;
  /** What it does then; null: nothing, or nothing any more. */
  readonly doing: SpanKind | null;
}

/** A push at a moment. Whoever is neither reached nor waiting is missed: the push ended before their turn. */
export interface Progress {
  readonly reached: number;
  readonly waiting: number;
  readonly missed: number;
  readonly ended: "expired" | "cancelled" | "rejected" | null;
  readonly halted: boolean;
  readonly lanes: readonly LaneProgress[];
}

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
export function laneReachedAt(lane: DrawnLane, at: number): number {
  let reached = 0;
  for (const span of lane.spans) {
    if (span.kind !== "send" || span.from > at) continue;
    const all = span.terminals ?? lane.terminals;
    reached += at >= span.to ? all : Math.floor((all * (at - span.from)) / (span.to - span.from));
  }
  return Math.min(reached, lane.terminals);
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

/** How a push stands at a moment: who is reached, who waits, by lane. `total`: how many there are, if it is known better. */
export function stateAt(picture: Picture, at: Date, total?: number): Progress {
  const drawing = drawingOf(picture);
  const time = at.getTime();
  const all = total ?? drawing.lanes.reduce((sum, lane) => sum + lane.terminals, 0);
  const reached = Math.min(reachedAt(drawing, time), Math.max(all, 0));
  const ended = endedAt(drawing, time);
  const byLane = lanesReachedAt(drawing, time);
  return {
    reached,
    waiting: ended === null ? all - reached : 0,
    missed: ended === null ? 0 : all - reached,
    ended,
    halted: isHaltedAt(drawing, time),
    lanes: drawing.lanes.map(lane => {
      const own = byLane.get(lane.id) ?? 0;
      return { id: lane.id, reached: own, waiting: lane.terminals - own, doing: doingAt(lane, time) };
    }),
  };
}

const ENDINGS = { expires: "expired", cancelled: "cancelled", rejected: "rejected" } as const;

/** How a push had ended by a moment, other than by being done. */
export function endedAt(drawing: Drawing, at: number): Progress["ended"] {
  for (const mark of drawing.marks) {
    if (mark.lane === null && mark.at <= at && mark.kind in ENDINGS) return ENDINGS[mark.kind as keyof typeof ENDINGS];
  }
  return null;
}

/** Whether a push stands still at a moment. */
export function isHaltedAt(drawing: Drawing, at: number): boolean {
  const last = drawing.marks
    .filter(mark => mark.at <= at && (mark.kind === "halted" || mark.kind === "resumed"))
    .at(-1);
  return last?.kind === "halted" && endedAt(drawing, at) === null;
}

/** What matters most first: who is being sent to is not said to wait. */
const WEIGHT: readonly SpanKind[] = ["halted", "send", "resend", "escalate", "approval", "window", "pause", "ack_wait"];

function doingAt(lane: DrawnLane, at: number): SpanKind | null {
  const now = lane.spans.filter(span => span.from <= at && (at < span.to || (at === span.to && span.from === span.to)));
  return WEIGHT.find(kind => now.some(span => span.kind === kind)) ?? null;
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

/** One of two pictures that are compared. */
export interface Side {
  /** When all of it is over, with resending and escalation. */
  readonly ends: Date;
  /** When the last terminal is reached; null: none is. */
  readonly reachedAll: Date | null;
  readonly reached: number;
  /** How many it has reached at `Comparison.at`. */
  readonly reachedThen: number;
}

/** Two pictures of one audience, side by side. */
export interface Comparison {
  readonly a: Side;
  readonly b: Side;
  /** The moment at which their reach is compared. */
  readonly at: Date;
  /** By how many seconds `b` ends later; negative: earlier. */
  readonly laterBy: number;
}

/** Compares two pictures: when they end and how far each is at `at`, by default when the quicker one has reached all. */
export function compare(a: Picture, b: Picture, at?: Date): Comparison {
  const [one, other] = [drawingOf(a), drawingOf(b)];
  const ready = [lastReach(one), lastReach(other)].filter(moment => moment !== null);
  const then = at?.getTime() ?? (ready.length > 0 ? Math.min(...ready) : Math.min(one.to, other.to));
  return {
    a: side(one, then),
    b: side(other, then),
    at: new Date(then),
    laterBy: (other.to - one.to) / 1_000,
  };
}

function side(drawing: Drawing, then: number): Side {
  const all = lastReach(drawing);
  return {
    ends: new Date(drawing.to),
    reachedAll: all === null ? null : new Date(all),
    reached: reachedAt(drawing, drawing.to),
    reachedThen: reachedAt(drawing, then),
  };
}
