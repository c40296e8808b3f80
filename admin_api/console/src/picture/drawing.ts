import type { Mark, Picture, Span } from "../api/schema.js";

export type SpanKind = Span["kind"];
export type MarkKind = Mark["kind"];

/** What a lane does for a while. Times are milliseconds since 1970, in UTC. */
export interface DrawnSpan {
  readonly kind: SpanKind;
  readonly from: number;
  readonly to: number;
  /** Of what is sent; null: nothing is. */
  readonly terminals: number | null;
  readonly perSecond: number | null;
}

/** One wave of those whose window opens together. */
export interface DrawnLane {
  readonly id: string;
  readonly wave: number;
  readonly timezone: string | null;
  readonly terminals: number;
  readonly spans: readonly DrawnSpan[];
}

export interface DrawnMark {
  readonly at: number;
  readonly kind: MarkKind;
  /** Null: of the whole push. */
  readonly lane: string | null;
  readonly detail: string | null;
}

/** A picture of the API with its times as numbers. The marks of lanes that it does not show are left out. */
export interface Drawing {
  readonly from: number;
  readonly to: number;
  readonly lanes: readonly DrawnLane[];
  /** A step curve: from each moment on, so many were reached. */
  readonly reach: readonly { readonly at: number; readonly reached: number }[];
  readonly marks: readonly DrawnMark[];
}

const parsed = new WeakMap<Picture, Drawing>();

/** A picture as numbers; the same picture gives the same drawing. */
export function drawingOf(picture: Picture): Drawing {
  const found = parsed.get(picture);
  if (found !== undefined) return found;
  const lanes = picture.lanes.map(lane => ({
    id: lane.id,
    wave: lane.wave,
    timezone: lane.timezone,
    terminals: lane.terminals,
    spans: lane.spans.map(span => ({
      kind: span.kind,
      from: Date.parse(span.from),
      to: Date.parse(span.to),
      terminals: span.terminals ?? null,
      perSecond: span.per_second ?? null,
    })),
  }));
  const shown = new Set(lanes.map(lane => lane.id));
  const drawing: Drawing = {
    from: Date.parse(picture.from),
    to: Date.parse(picture.to),
    lanes,
    reach: picture.reach.map(([at, reached]) => ({ at: Date.parse(at), reached })),
    marks: picture.marks
      .filter(mark => mark.lane === null || shown.has(mark.lane))
      .map(mark => ({ at: Date.parse(mark.at), kind: mark.kind, lane: mark.lane, detail: mark.detail ?? null })),
  };
  parsed.set(picture, drawing);
  return drawing;
}

/** What a lane's zone is called in its id: `w2/Asia/Tokyo` is of `Asia/Tokyo`; `""` without a window. */
export const zoneKey = (laneId: string): string => /^w\d+\/(.*)$/.exec(laneId)?.[1] ?? "";
