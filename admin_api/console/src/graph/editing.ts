import type { StepId } from "./nodes.js";
import { type AckGiven, keepsForAway, MAX_WAVES, type StrategyGiven, strategyOf, type WaveGiven } from "./strategy.js";

/** What can be added to a strategy. `wave` is one more wave. */
export const ADDITIONS = [
  "window",
  "pace",
  "wave",
  "receipts",
  "collapse_key",
  "ack",
  "resend",
  "escalate",
  "retain",
  "expires_in",
] as const;
export type Addition = (typeof ADDITIONS)[number];

const ROLLOUT: readonly WaveGiven[] = [
  { percent: 5, then_wait: "10m", halt_if: { failed_over: 0.02, at_least: 50 } },
  { percent: 100 },
];

/** What the strategy does not have yet. */
export function additionsTo(strategy: StrategyGiven): readonly Addition[] {
  const has: Record<Addition, boolean> = {
    window: strategy.window != null,
    pace: strategy.pace != null,
    wave: (strategy.waves?.length ?? 0) >= MAX_WAVES,
    receipts: strategy.receipts === "each",
    collapse_key: strategy.collapse_key != null,
    ack: strategy.ack != null,
    resend: (strategy.ack?.resend ?? 0) > 0,
    escalate: strategy.ack?.escalate != null,
    retain: keepsForAway(strategyOf(strategy)),
    expires_in: strategy.expires_in != null,
  };
  return ADDITIONS.filter(addition => !has[addition]);
}

/** The strategy with something added as it is commonly wanted, and the step where it can be changed. */
export function withAdded(strategy: StrategyGiven, addition: Addition): { strategy: StrategyGiven; step: StepId } {
  switch (addition) {
    case "window":
      return {
        strategy: {
          ...strategy,
          window: { timezone: "attr:tz", days: ["mon", "tue", "wed", "thu", "fri"], from: "09:00", to: "18:00" },
        },
        step: "window",
      };
    case "pace":
      return { strategy: { ...strategy, pace: { per_second: 50 } }, step: "pace" };
    case "wave":
      return withWave(strategy);
    case "receipts":
      return { strategy: { ...strategy, receipts: "each" }, step: "deliver" };
    case "collapse_key":
      return { strategy: { ...strategy, collapse_key: strategy.name ?? "notice" }, step: "deliver" };
    case "ack":
      return { strategy: { ...strategy, ack: ACK }, step: "ack" };
    case "resend":
      return { strategy: withAck(strategy, { resend: 2 }), step: "resend" };
    case "escalate":
      return { strategy: withAck(strategy, { escalate: { target: "", message: "" } }), step: "escalate" };
    case "retain":
      return {
        strategy: without({ ...strategy, retain: "24h" }, strategy.replay === "none" ? "replay" : null),
        step: "retain",
      };
    case "expires_in":
      return { strategy: { ...strategy, expires_in: "1d" }, step: "done" };
  }
}

const ACK: AckGiven = { need: "read", within: "15m" };

function withAck(strategy: StrategyGiven, more: AckGiven): StrategyGiven {
  const ack = strategy.ack ?? ACK;
  return { ...strategy, ack: { ...ack, within: ack.within ?? "15m", ...more } };
}

/** One more wave before the last, half of the way between its neighbours. */
function withWave(strategy: StrategyGiven): { strategy: StrategyGiven; step: StepId } {
  const waves = strategy.waves ?? [];
  if (waves.length < 2) return { strategy: { ...strategy, waves: ROLLOUT }, step: "wave-1" };
  const before = waves.at(-2);
  const last = waves.at(-1);
  const from = before?.percent ?? 0;
  const percent = Math.round((from + (100 - from) / 2) * 100) / 100;
  const wave: WaveGiven = { ...before, percent };
  return {
    strategy: { ...strategy, waves: [...waves.slice(0, -1), wave, ...(last === undefined ? [] : [last])] },
    step: `wave-${waves.length}`,
  };
}

/** Whether a step can be taken out; the others every push has. */
export function isRemovable(step: StepId): boolean {
  return !["audience", "approval", "deliver", "done"].includes(step);
}

/** The strategy without a step. With a pause the check goes too; with a wait for acks all that follows from it. */
export function withoutStep(strategy: StrategyGiven, step: StepId): StrategyGiven {
  const { ack } = strategy;
  switch (step) {
    case "window":
    case "pace":
    case "ack":
      return without(strategy, step);
    case "resend":
    case "escalate":
      return ack == null ? strategy : { ...strategy, ack: without(ack, step) };
    case "retain":
    case "replay":
      return without({ ...strategy, retain: "0s" }, "replay");
    default: {
      const [kind, number] = step.split("-");
      const index = Number(number) - 1;
      if (kind === "wave") return withoutWave(strategy, index);
      if (kind === "pause") return withWaveAs(strategy, index, wave => without(without(wave, "then_wait"), "halt_if"));
      return strategy;
    }
  }
}

/** The strategy with a wave (from 0) changed. */
export function withWaveAs(
  strategy: StrategyGiven,
  index: number,
  change: (wave: WaveGiven) => WaveGiven,
): StrategyGiven {
  return { ...strategy, waves: (strategy.waves ?? []).map((wave, at) => (at === index ? change(wave) : wave)) };
}

function withoutWave(strategy: StrategyGiven, index: number): StrategyGiven {
  const left = (strategy.waves ?? []).filter((_, at) => at !== index);
  if (left.length < 2) return without(strategy, "waves");
  const [last, wasLast] = [left.at(-1), index === left.length];
  return { ...strategy, waves: wasLast && last !== undefined ? [...left.slice(0, -1), { percent: 100 }] : left };
}

/** An object without a member. */
export function without<T extends object>(whole: T, member: keyof T | null): T {
  if (member === null) return whole;
  const { [member]: _, ...rest } = whole;
  return rest as T;
}

/** An object with a member set; undefined, null and the empty text take it out, so that its default counts. */
export function withMember<T extends object, K extends keyof T>(whole: T, member: K, value: T[K] | undefined): T {
  if (value === undefined || value === null || value === "") return without(whole, member);
  return { ...whole, [member]: value };
}

/** The step at which the member that a JSON pointer names is changed. */
export function stepOf(pointer: string): StepId {
  const [, member, ...rest] = pointer.split("/");
  switch (member) {
    case "window":
    case "pace":
    case "retain":
      return member;
    case "replay":
      return "retain";
    case "expires_in":
      return "done";
    case "waves":
      return rest[0] === undefined ? "wave-1" : `wave-${Number(rest[0]) + 1}`;
    case "ack":
      return rest[0] === "resend" || rest[0] === "escalate" ? rest[0] : "ack";
    default:
      return "deliver";
  }
}
