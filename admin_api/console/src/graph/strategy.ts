import type * as schema from "../api/schema.js";
import { secondsOf } from "../format/durations.js";

/** A length of time as the API takes it: `"15m"`, or whole seconds. */
export type Duration = string | number;

/** At most so many waves. */
export const MAX_WAVES = 20;

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];

/** Something that the API takes, as somebody is still writing it: any member may be absent or null. */
type Given<T> = T extends readonly (infer Entry)[]
  ? readonly Given<Entry>[]
  : T extends object
    ? { readonly [Member in keyof T]?: Given<T[Member]> | null | undefined }
    : T;

export type WindowGiven = Given<schema.Window>;
export type RampGiven = Given<schema.Ramp>;
export type PaceGiven = Given<schema.Pace>;
export type HaltIfGiven = Given<schema.HaltIf>;
export type WaveGiven = Given<schema.Wave>;

export interface EscalationGiven {
  /** A target, as text or as JSON. */
  readonly target?: unknown;
  readonly message?: unknown;
}

export type AckGiven = Given<Omit<schema.Ack, "escalate">> & { readonly escalate?: EscalationGiven | null | undefined };

/**
 * A strategy as it may be given: the API's `Policy` and `Strategy`, and what somebody is still writing. What is absent or
 * null has its default; numbers and durations may be wrong, so that a draft can be shown as well.
 */
export type StrategyGiven = Given<Omit<schema.Policy, "ack">> & {
  readonly name?: string | null | undefined;
  readonly version?: number | null | undefined;
  readonly ack?: AckGiven | null | undefined;
};

export interface Window {
  /** An IANA name, or null: each terminal's own clock. */
  readonly timezone: string | null;
  /** The attribute that names a terminal's own clock, or null. */
  readonly attribute: string | null;
  /** With an attribute: the clock of those without. */
  readonly otherwise: string;
  readonly days: readonly Day[];
  readonly from: string;
  readonly to: string;
  readonly outside: "wait" | "drop";
}

export interface HaltIf {
  readonly failedOver: number | null;
  readonly goneOver: number | null;
  readonly atLeast: number;
}

export interface Wave {
  /** 0 to 100, those of earlier waves among them; NaN while it is not given. */
  readonly percent: number;
  readonly thenWaitS: number;
  readonly haltIf: HaltIf | null;
}

export interface Ack {
  readonly need: "received" | "read";
  /** Null: nobody is waited for. */
  readonly withinS: number | null;
  readonly resend: number;
  readonly oncePerUser: boolean;
  readonly escalate: EscalationGiven | null;
}

/** A strategy with every default in its place. Times are in seconds; NaN is one that cannot be read. */
export interface Strategy {
  readonly retainS: number;
  readonly expiresInS: number | null;
  readonly receipts: "none" | "each";
  readonly replay: "missed" | "latest" | "none";
  readonly collapseKey: string | null;
  readonly urgent: boolean;
  readonly window: Window | null;
  readonly pace: { readonly perSecond: number; readonly ramp: schema.Ramp | null } | null;
  /** None is one wave of everybody. */
  readonly waves: readonly Wave[];
  readonly ack: Ack | null;
}

/** What every terminal's own clock is written with in the place of a time zone. */
export const OF_AN_ATTRIBUTE = "attr:";

const seconds = (given: Duration | null | undefined, byDefault: Duration): number => secondsOf(given ?? byDefault);

/** Reads a strategy with the API's defaults (docs/strategies.md, "Members"). */
export function strategyOf(given: StrategyGiven): Strategy {
  return {
    retainS: seconds(given.retain, "24h"),
    expiresInS: given.expires_in == null ? null : secondsOf(given.expires_in),
    receipts: given.receipts ?? "none",
    replay: given.replay ?? "missed",
    collapseKey: given.collapse_key ?? null,
    urgent: given.priority === "urgent",
    window: given.window == null ? null : windowOf(given.window),
    pace: given.pace == null ? null : paceOf(given.pace),
    waves: (given.waves ?? []).map(waveOf),
    ack: given.ack == null ? null : ackOf(given.ack),
  };
}

function windowOf(given: WindowGiven): Window {
  const timezone = given.timezone ?? "UTC";
  const attribute = timezone.startsWith(OF_AN_ATTRIBUTE) ? timezone.slice(OF_AN_ATTRIBUTE.length) : null;
  return {
    timezone: attribute === null ? timezone : null,
    attribute,
    otherwise: given.otherwise ?? "UTC",
    days: DAYS.filter(day => (given.days ?? DAYS).includes(day)),
    from: given.from ?? "00:00",
    to: given.to ?? "24:00",
    outside: given.outside ?? "wait",
  };
}

function paceOf({ per_second, ramp }: PaceGiven): NonNullable<Strategy["pace"]> {
  return { perSecond: per_second ?? Number.NaN, ramp: ramp == null ? null : rampOf(ramp) };
}

function rampOf({ from_per_second, multiply_by, each }: RampGiven): schema.Ramp {
  return {
    from_per_second: from_per_second ?? Number.NaN,
    multiply_by: multiply_by ?? Number.NaN,
    each: each ?? Number.NaN,
  };
}

function waveOf({ percent, then_wait, halt_if }: WaveGiven): Wave {
  return {
    percent: percent ?? Number.NaN,
    thenWaitS: seconds(then_wait, 0),
    haltIf: halt_if == null ? null : haltIfOf(halt_if),
  };
}

function haltIfOf({ failed_over, gone_over, at_least }: HaltIfGiven): HaltIf {
  return { failedOver: failed_over ?? null, goneOver: gone_over ?? null, atLeast: at_least ?? 1 };
}

function ackOf({ need, within, resend, once_per_user, escalate }: AckGiven): Ack {
  return {
    need: need ?? "received",
    withinS: within == null ? null : secondsOf(within),
    resend: resend ?? 0,
    oncePerUser: once_per_user ?? false,
    escalate: escalate ?? null,
  };
}

/** Whether a terminal that is away can still get it when it comes back. */
export const keepsForAway = (strategy: Strategy): boolean => strategy.retainS !== 0 && strategy.replay !== "none";

/** A strategy as it is kept under a name: its members without the name, which is in the path. */
export function strategyBody({ name: _name, version: _version, ...members }: StrategyGiven): StrategyGiven {
  return members;
}
