import type { PushDetail, Timelines } from "../../api/schema.js";
import { graphOf, type StepId } from "../../graph/nodes.js";
import type { StepCounts } from "../../graph/StrategyGraph.js";
import { expectedOf, waitingNow, waveNow, wavesOf } from "./progress.js";

/** A strategy's graph as a push stands in it: figures at its steps, and where it is now. */
export interface Standing {
  readonly counts: StepCounts;
  readonly current: StepId | null;
}

/** Where a push stands in its strategy. Null as `current`: it ended on the way. */
export function standingOf(push: PushDetail, timelines: Timelines): Standing {
  const { counts, strategy } = push;
  const ids = new Set(graphOf(strategy, { approval: push.state === "awaiting_approval" }).steps.map(step => step.id));
  const waves = wavesOf(push, timelines);
  const expected = expectedOf(push, timelines);
  const ack = strategy.ack;
  const figures: [StepId, StepCounts[StepId]][] = [
    ["audience", expected],
    ...waves.map(({ wave, reached, expected: of }): [StepId, StepCounts[StepId]] => [
      `wave-${wave}`,
      { count: reached, of },
    ]),
    ["deliver", { count: counts.sent, of: Math.max(expected, counts.sent) }],
  ];
  if (ack != null)
    figures.push(["ack", { count: ack.need === "read" ? counts.read : counts.received, of: counts.sent }]);
  const resent = timelines.actual.marks.filter(mark => mark.kind === "resend").length;
  if (resent > 0) figures.push(["resend", resent]);
  const current = placesOf(push, timelines, waves).find(place => ids.has(place)) ?? null;
  return { counts: Object.fromEntries(figures.filter(([id]) => ids.has(id))), current };
}

/** Where a push is, the closest first: not every strategy has every step. */
function placesOf(push: PushDetail, timelines: Timelines, waves: ReturnType<typeof wavesOf>): readonly StepId[] {
  const wait = waitingNow(timelines);
  const wave = waveNow(waves);
  switch (push.state) {
    case "awaiting_approval":
      return ["approval", "audience"];
    case "scheduled":
      return ["audience"];
    case "sending":
      return [`wave-${wave}`, "deliver"];
    case "waiting":
      if (wait?.kind === "window") return ["window"];
      if (wait?.kind === "ack_wait") return ["ack"];
      return [`pause-${wait?.lane.wave ?? wave}`, `wave-${wave}`];
    case "halted":
      return push.ended_by === "halt_if"
        ? [`pause-${wave}`, `wave-${wave}`, "deliver"]
        : [`wave-${wave}`, "deliver", "audience"];
    case "sent":
      return ["ack", "deliver"];
    case "completed":
      return ["done"];
    default:
      return [];
  }
}
