import { type Drawing, type DrawnLane, type DrawnSpan, zoneKey } from "./drawing.js";

/** What a row of the timeline stands for: a lane, or all waves of a time zone, or all zones of a wave. */
export type RowsBy = "lane" | "zone" | "wave";

/** A row: what was foreseen of it and what happened, to be drawn above each other. */
export interface Row {
  readonly id: string;
  /** Null: of all waves. */
  readonly wave: number | null;
  /** Null: of all zones, or there is no window. */
  readonly timezone: string | null;
  readonly terminals: number;
  readonly lanes: readonly string[];
  readonly forecast: readonly DrawnSpan[];
  readonly actual: readonly DrawnSpan[];
}

/** More lanes than these are put together by zone or wave, until one asks for each. */
const MOST_LANES = 8;

/** How the lanes of some drawings are put together unless one asks otherwise; null: there is only one way. */
export function together(drawings: readonly Drawing[]): RowsBy | null {
  const lanes = [...new Set(drawings.flatMap(drawing => drawing.lanes.map(lane => lane.id)))];
  const zones = new Set(lanes.map(zoneKey)).size;
  const waves = lanes.length / Math.max(zones, 1);
  if (zones > 1 && waves > 1) return "zone";
  return null;
}

/** Whether that many lanes are shown one by one at first. */
export const areShownEach = (lanes: number): boolean => lanes <= MOST_LANES;

interface Gathered {
  readonly lanes: Map<string, DrawnLane>;
  readonly forecast: DrawnSpan[];
  readonly actual: DrawnSpan[];
}

/** The rows of a timeline, in the order of the lanes. */
export function rows(forecast: Drawing | null, actual: Drawing | null, by: RowsBy): Row[] {
  const found = new Map<string, Gathered>();
  const add = (lane: DrawnLane, tense: "forecast" | "actual") => {
    const key = by === "lane" ? lane.id : by === "zone" ? zoneKey(lane.id) : `w${lane.wave}`;
    const row: Gathered = found.get(key) ?? { lanes: new Map(), forecast: [], actual: [] };
    // What happened comes last, and knows better how many they are.
    row.lanes.set(lane.id, lane);
    row[tense].push(...lane.spans);
    found.set(key, row);
  };
  for (const lane of forecast?.lanes ?? []) add(lane, "forecast");
  for (const lane of actual?.lanes ?? []) add(lane, "actual");
  return [...found].map(([id, row]) => {
    const lanes = [...row.lanes.values()];
    const single = lanes.length === 1;
    return {
      id,
      wave: by === "zone" && !single ? null : (lanes[0]?.wave ?? null),
      timezone: by === "wave" && !single ? null : (lanes[0]?.timezone ?? null),
      terminals: lanes.reduce((sum, lane) => sum + lane.terminals, 0),
      lanes: lanes.map(lane => lane.id),
      forecast: row.forecast,
      actual: row.actual,
    };
  });
}

/** By how many milliseconds a row began to send later than foreseen; null: it has not, or nothing was foreseen. */
export function slip(row: Row): number | null {
  const first = (spans: readonly DrawnSpan[]) => {
    const sends = spans.filter(span => span.kind === "send").map(span => span.from);
    return sends.length > 0 ? Math.min(...sends) : null;
  };
  const [planned, done] = [first(row.forecast), first(row.actual)];
  return planned === null || done === null ? null : done - planned;
}
