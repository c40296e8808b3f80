import type { Axis } from "./axis.js";
import type { Drawing, DrawnMark, MarkKind } from "./drawing.js";

/** Something that the whole picture is marked with, from top to bottom. */
export interface Line {
  readonly kind: MarkKind | "now";
  readonly at: number;
  readonly x: number;
  readonly weight: number;
  readonly tone: "plain" | "bad";
  /** Whether it is drawn through the lanes, or only named above them. */
  readonly through: boolean;
}

const WEIGHTS: Record<MarkKind | "now", number> = {
  now: 100,
  halted: 90,
  cancelled: 90,
  rejected: 90,
  expires: 85,
  resumed: 80,
  escalated: 75,
  done: 70,
  approved: 60,
  run: 50,
  window_opens: 45,
  window_closes: 40,
  start: 35,
  ack_due: 30,
  resend: 20,
};

const BAD: readonly (MarkKind | "now")[] = ["halted", "cancelled", "rejected", "expires"];
/** Of one kind, marks that are so near to each other are one. */
const NEAR = 14;

/**
 * What is marked: now, what concerns the whole push, and what concerns lanes, those that fall together as one.
 * Of what was foreseen only what is still to come: `open` says whether the push goes on.
 */
export function linesOf(
  { forecast, actual, open }: { forecast: Drawing | null; actual: Drawing | null; open: boolean },
  axis: Axis,
  now: number | null,
): Line[] {
  const found: Line[] = [];
  if (now !== null && now >= axis.from && now <= axis.to) found.push(line("now", now, axis, true));
  const ahead = (mark: DrawnMark) => actual === null || (open && mark.at > actual.to);
  const marks = [...(actual?.marks ?? []), ...(forecast?.marks ?? []).filter(ahead)];
  const lastDue = Math.max(...marks.filter(mark => mark.kind === "ack_due").map(mark => mark.at));
  for (const mark of marks.sort((one, other) => one.at - other.at)) {
    // Bars say when it is sent again; of the times to confirm the last one counts.
    if (mark.kind === "resend" || (mark.kind === "ack_due" && mark.at < lastDue)) continue;
    const next = line(mark.kind, mark.at, axis, mark.lane === null);
    if (found.some(other => other.kind === next.kind && Math.abs(other.x - next.x) < NEAR)) continue;
    found.push(next);
  }
  return found;
}

function line(kind: MarkKind | "now", at: number, axis: Axis, whole: boolean): Line {
  const x = axis.x(at);
  return {
    kind,
    at,
    x,
    weight: WEIGHTS[kind],
    tone: BAD.includes(kind) ? "bad" : "plain",
    through: whole && kind !== "start",
  };
}
