import type { Drawing, DrawnSpan } from "./drawing.js";

/** A stretch of the axis. In a compressed one nothing happens but waiting: it is drawn short, with a visible break. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly x0: number;
  readonly x1: number;
  readonly compressed: boolean;
}

/** Time from left to right: milliseconds since 1970 to pixels and back. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly pieces: readonly Piece[];
  /** Where a moment is; one that is outside is at the nearest end. */
  readonly x: (at: number) => number;
  readonly at: (x: number) => number;
}

interface AxisOptions {
  readonly width: number;
  /** A moment that has to be on the axis; null: none. */
  readonly now?: number | null;
  /** Drawings whose last moment is only "until now": nothing happens there. */
  readonly unfinished?: readonly Drawing[];
}

const HOUR = 3_600_000;
/** No axis is shorter, so that what took no time at all can still be seen. */
const SHORTEST = 20;
/** A wait in which nothing else goes on is cut short from so many times the next longest stretch on. */
const EAGER = 4;
/** So is a pause, or a wait for acknowledgements, that is an hour or more. */
const PATIENT = 40;
/** A shorter wait is never cut: a break says that one had to be patient. */
const SHORTEST_CUT = 10_000;
/** Cutting is worth a broken axis only if it saves so much of it. */
const WORTH = 0.4;
/** At least so much of the room that is left goes to each stretch. */
const LEAST_SHARE = 0.1;

/** The axis for some drawings, with long waits cut short. */
export function axis(drawings: readonly Drawing[], { width, now = null, unfinished = [] }: AxisOptions): Axis {
  const edges = [...drawings.flatMap(drawing => [drawing.from, drawing.to]), ...(now === null ? [] : [now])];
  const from = edges.length > 0 ? Math.min(...edges) : 0;
  const to = Math.max(edges.length > 0 ? Math.max(...edges) : 0, from + SHORTEST);
  return placed(from, to, gapsWithin(drawings, unfinished, from, to), width);
}

interface Gap {
  readonly from: number;
  readonly to: number;
}

function gapsWithin(drawings: readonly Drawing[], unfinished: readonly Drawing[], from: number, to: number): Gap[] {
  const events = [
    ...new Set([from, ...drawings.flatMap(drawing => eventsOf(drawing, unfinished.includes(drawing))), to]),
  ];
  events.sort((one, other) => one - other);
  const spans = drawings.flatMap(drawing => drawing.lanes.flatMap(lane => lane.spans));
  const gaps = events.slice(1).map((end, index) => {
    const gap = { from: events[index] ?? end, to: end };
    return { ...gap, length: gap.to - gap.from, needs: needed(gap, spans) };
  });
  const longestFirst = gaps.toSorted((one, other) => other.length - one.length);
  for (let cut = longestFirst.length - 1; cut >= 1; cut -= 1) {
    const [cutOut, kept] = [longestFirst.slice(0, cut), longestFirst[cut]?.length ?? 0];
    const saved = cutOut.reduce((sum, gap) => sum + gap.length, 0);
    if (saved < WORTH * (to - from) || !cutOut.every(gap => gap.length >= gap.needs * kept)) continue;
    return cutOut.map(gap => keptAround(gap, gaps, cutOut, from, to)).toSorted((one, other) => one.from - other.from);
  }
  return [];
}

/** A little of the wait stays on each side, so that one sees that there was one before something happened. */
function keptAround(gap: Gap, gaps: readonly Gap[], cut: readonly Gap[], from: number, to: number): Gap {
  const kept = gaps
    .filter(other => !cut.some(one => one.from === other.from))
    .reduce((sum, one) => sum + one.to - one.from, 0);
  const pad = Math.min((gap.to - gap.from) / 10, Math.max(0.08 * kept, 2_000));
  return {
    from: gap.from === from ? gap.from + pad / 2 : gap.from + pad,
    to: gap.to === to ? gap.to - pad / 2 : gap.to - pad,
  };
}

function eventsOf(drawing: Drawing, unfinished: boolean): number[] {
  const all = [
    ...drawing.lanes.flatMap(lane => lane.spans.flatMap(span => [span.from, span.to])),
    ...drawing.reach.map(point => point.at),
    ...drawing.marks.map(mark => mark.at),
  ];
  return unfinished ? all.filter(at => at < drawing.to) : all;
}

function needed(gap: Gap, spans: readonly DrawnSpan[]): number {
  if (gap.to - gap.from < SHORTEST_CUT) return Number.POSITIVE_INFINITY;
  const within = spans.filter(span => span.from < gap.to && span.to > gap.from);
  if (within.some(span => span.kind === "send" || span.kind === "resend")) return Number.POSITIVE_INFINITY;
  if (!within.some(span => span.kind === "pause" || span.kind === "ack_wait")) return EAGER;
  return gap.to - gap.from < HOUR ? Number.POSITIVE_INFINITY : PATIENT;
}

function placed(from: number, to: number, gaps: readonly Gap[], width: number): Axis {
  const gapWidth = gaps.length === 0 ? 0 : Math.min(Math.max(width * 0.07, 22), 60, (width * 0.45) / gaps.length);
  const stretches: { from: number; to: number; compressed: boolean }[] = [];
  let reached = from;
  for (const gap of gaps) {
    if (gap.from > reached) stretches.push({ from: reached, to: gap.from, compressed: false });
    stretches.push({ ...gap, compressed: true });
    reached = gap.to;
  }
  if (reached < to) stretches.push({ from: reached, to, compressed: false });
  const open = stretches.filter(stretch => !stretch.compressed);
  const room = width - gapWidth * gaps.length;
  const total = open.reduce((sum, stretch) => sum + stretch.to - stretch.from, 0);
  const least = Math.min(LEAST_SHARE, 1 / Math.max(open.length, 1));
  const shares = open.map(stretch => Math.max((stretch.to - stretch.from) / total, least));
  const sum = shares.reduce((one, other) => one + other, 0);
  let [x, next] = [0, 0];
  const pieces = stretches.map(stretch => {
    const size = stretch.compressed ? gapWidth : (room * (shares[next++] ?? 0)) / sum;
    const piece = { ...stretch, x0: x, x1: x + size };
    x += size;
    return piece;
  });
  return {
    from,
    to,
    width,
    pieces,
    x: at => {
      if (at <= from) return 0;
      const piece = pieces.find(one => at <= one.to);
      return piece === undefined
        ? width
        : piece.x0 + ((at - piece.from) / (piece.to - piece.from)) * (piece.x1 - piece.x0);
    },
    at: position => {
      if (position <= 0) return from;
      const piece = pieces.find(one => position <= one.x1);
      if (piece === undefined) return to;
      return piece.from + ((position - piece.x0) / (piece.x1 - piece.x0)) * (piece.to - piece.from);
    },
  };
}

const STEP = 4;
const STRIDE = 40;

/** Where a key moves a handle: pixel by pixel, or from event to event. Null: back to its rest; undefined: not by this key. */
export function moved(
  axis: Axis,
  at: number,
  key: string,
  { far, events }: { far: boolean; events: readonly number[] },
): number | null | undefined {
  const step = far ? STRIDE : STEP;
  const by = (pixels: number) => axis.at(Math.min(Math.max(axis.x(at) + pixels, 0), axis.width));
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return by(-step);
    case "ArrowRight":
    case "ArrowUp":
      return by(step);
    case "PageDown":
      return events.findLast(moment => moment < at) ?? axis.from;
    case "PageUp":
      return events.find(moment => moment > at) ?? axis.to;
    case "Home":
      return axis.from;
    case "End":
      return axis.to;
    case "Escape":
      return null;
    default:
      return undefined;
  }
}
