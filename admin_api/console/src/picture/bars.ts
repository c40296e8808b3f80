import type { Axis } from "./axis.js";
import type { DrawnSpan, SpanKind } from "./drawing.js";
import type { Row } from "./rows.js";

export type Tense = "forecast" | "actual";

/** A span as a rectangle in its row; `y` is from the row's top. */
export interface Bar {
  readonly span: DrawnSpan;
  readonly tense: Tense;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where the tracks of a row are. Confirmations are waited for beneath, since the next wave is sent meanwhile. */
export interface Tracks {
  readonly height: number;
  readonly forecast: { readonly y: number; readonly height: number; readonly ack: number } | null;
  readonly actual: { readonly y: number; readonly height: number; readonly ack: number } | null;
}

/** Tracks of rows that show what was foreseen, what happened, or both; `labelHeight` is left free above. */
export function tracksOf(forecast: boolean, actual: boolean, labelHeight: number): Tracks {
  const top = labelHeight + 4;
  if (forecast && actual) {
    return {
      height: top + 34,
      forecast: { y: top, height: 9, ack: 3 },
      actual: { y: top + 14, height: 13, ack: 4 },
    };
  }
  const only = { y: top, height: 15, ack: 4 };
  return { height: top + 24, forecast: forecast ? only : null, actual: actual ? only : null };
}

/** The narrowest that something that is sent is drawn: it must be seen. */
const LEAST: Partial<Record<SpanKind, number>> = { send: 4, resend: 4, escalate: 8, halted: 2 };
/** What is drawn later lies above. */
const ORDER: readonly SpanKind[] = ["window", "approval", "ack_wait", "pause", "halted", "resend", "send", "escalate"];

/** The bars of a row, those that lie above last. */
export function barsOf(row: Row, axis: Axis, tracks: Tracks): Bar[] {
  const found = (["forecast", "actual"] as const).flatMap(tense => {
    const track = tracks[tense];
    if (track === null) return [];
    return row[tense].flatMap(span => {
      const x = axis.x(span.from);
      const width = Math.max(axis.x(span.to) - x, LEAST[span.kind] ?? 0);
      if (width < 0.5) return [];
      const bar = { span, tense, x: Math.min(x, axis.width - width), width };
      if (span.kind === "ack_wait") return [{ ...bar, y: track.y + track.height + 1, height: track.ack }];
      // What is sent again is lower: the first time is what one looks for.
      const lower = span.kind === "resend" ? Math.round(track.height * 0.4) : 0;
      return [{ ...bar, y: track.y + lower, height: track.height - lower }];
    });
  });
  return found.toSorted((one, other) => ORDER.indexOf(one.span.kind) - ORDER.indexOf(other.span.kind));
}
