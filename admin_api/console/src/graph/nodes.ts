import { keepsForAway, type StrategyGiven, strategyOf } from "./strategy.js";

/** What a step of a push is. `pause`: the wait and the check between two waves. */
export type StepKind =
  | "audience"
  | "approval"
  | "window"
  | "pace"
  | "wave"
  | "pause"
  | "deliver"
  | "ack"
  | "resend"
  | "escalate"
  | "done"
  | "retain"
  | "replay";

/** A step's id: its kind, and for waves and pauses their number from 1: `wave-1`, `pause-1`. */
export type StepId = Exclude<StepKind, "wave" | "pause"> | `wave-${number}` | `pause-${number}`;

export interface Step {
  readonly id: StepId;
  readonly kind: StepKind;
  /** Of a wave or a pause: which wave, from 1. */
  readonly wave: number | null;
  /** On the way of those who are away. */
  readonly away: boolean;
}

/** `next`: what follows. `again`: back to an earlier step. `away`: where those go who are not there. */
export interface Link {
  readonly from: StepId;
  readonly to: StepId;
  readonly kind: "next" | "again" | "away";
}

export interface Graph {
  /** In reading order: the way of those who are there, then that of those who are away. */
  readonly steps: readonly Step[];
  readonly links: readonly Link[];
}

/**
 * The steps that a push under the strategy goes through, and only those. Whether somebody must approve it is not up to the
 * strategy but to the sender's limits: `approval` says so.
 */
export function graphOf(given: StrategyGiven, { approval = false }: { approval?: boolean } = {}): Graph {
  const strategy = strategyOf(given);
  const { ack, waves } = strategy;
  const way: Step[] = [step("audience")];
  if (approval) way.push(step("approval"));
  if (strategy.window !== null) way.push(step("window"));
  if (strategy.pace !== null) way.push(step("pace"));
  for (const [index, wave] of waves.entries()) {
    const number = index + 1;
    way.push(numbered("wave", number));
    const waits = wave.thenWaitS !== 0 && number < waves.length;
    if (waits || wave.haltIf !== null) way.push(numbered("pause", number));
  }
  way.push(step("deliver"));
  if (ack !== null) way.push(step("ack"));
  if (ack !== null && ack.resend > 0) way.push(step("resend"));
  if (ack !== null && ack.escalate !== null) way.push(step("escalate"));
  way.push(step("done"));

  const links: Link[] = [];
  for (const [index, { id }] of way.entries()) {
    const before = way[index - 1];
    if (before !== undefined) links.push({ from: before.id, to: id, kind: "next" });
  }
  if (ack !== null && ack.resend > 0) links.push({ from: "resend", to: "ack", kind: "again" });
  if (!keepsForAway(strategy)) return { steps: way, links };
  return {
    steps: [...way, step("retain", true), step("replay", true)],
    links: [...links, { from: "deliver", to: "retain", kind: "away" }, { from: "retain", to: "replay", kind: "away" }],
  };
}

function step(kind: Exclude<StepKind, "wave" | "pause">, away = false): Step {
  return { id: kind, kind, wave: null, away };
}

function numbered(kind: "wave" | "pause", number: number): Step {
  return { id: `${kind}-${number}`, kind, wave: number, away: false };
}
