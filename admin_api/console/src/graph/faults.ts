import type { ProblemError } from "../api/problem.js";
import { durationInWords, secondsOf } from "../format/durations.js";
import { figure } from "../format/figures.js";
import { bytesOf } from "../target/expression.js";
import { targetText } from "../target/text.js";
import {
  type AckGiven,
  type Duration,
  MAX_WAVES,
  OF_AN_ATTRIBUTE,
  type PaceGiven,
  type StrategyGiven,
  type WaveGiven,
  type WindowGiven,
} from "./strategy.js";
import { type GraphWords, graphWords } from "./words.js";

/** What is wrong, by the JSON pointer of the member, as a sentence for its field. */
export type Faults = ReadonlyMap<string, string>;

const DAY_S = 86_400;
const KEY_BYTES = 256;

/** What the service would refuse in a strategy, as far as it can be told here (docs/strategies.md, "Members"). */
export function faultsOf(strategy: StrategyGiven, t: GraphWords = graphWords()): Faults {
  const found = new Checker(t);
  found.duration("/retain", strategy.retain, 0, 30 * DAY_S);
  found.duration("/expires_in", strategy.expires_in, 1, 30 * DAY_S);
  if (strategy.collapse_key != null) {
    const bytes = bytesOf(strategy.collapse_key);
    if (bytes < 1 || bytes > KEY_BYTES) found.say("/collapse_key", t("fault.key", { most: KEY_BYTES }));
  }
  if (strategy.window != null) ofWindow(strategy.window, found, t);
  if (strategy.pace != null) ofPace(strategy.pace, found);
  if (strategy.waves != null) ofWaves(strategy.waves, found, t);
  if (strategy.ack != null) ofAck(strategy.ack, found, t);
  return found.faults;
}

class Checker {
  readonly faults = new Map<string, string>();
  readonly #t: GraphWords;

  constructor(t: GraphWords) {
    this.#t = t;
  }

  say(pointer: string, fault: string): void {
    if (!this.faults.has(pointer)) this.faults.set(pointer, fault);
  }

  duration(pointer: string, given: Duration | null | undefined, least: number, most: number): void {
    if (given == null) return;
    const seconds = secondsOf(given);
    if (!Number.isInteger(seconds) || String(given).includes(".")) this.say(pointer, this.#t("fault.duration"));
    else if (seconds < least || seconds > most) {
      this.say(pointer, this.#t("fault.range", { least: durationInWords(least), most: durationInWords(most) }));
    }
  }

  number(pointer: string, given: number | null | undefined, least: number, most: number, whole = false): void {
    if (given != null && given >= least && given <= most && (!whole || Number.isInteger(given))) return;
    const bounds = { least: figure(least), most: figure(most) };
    this.say(pointer, whole ? this.#t("fault.whole", bounds) : this.#t("fault.number", bounds));
  }
}

function ofWindow(window: WindowGiven, found: Checker, t: GraphWords): void {
  const { timezone, otherwise, days, from, to } = window;
  if (timezone != null && !timezone.startsWith(OF_AN_ATTRIBUTE) && !isTimezone(timezone)) {
    found.say("/window/timezone", t("fault.timezone"));
  }
  if (timezone === OF_AN_ATTRIBUTE) found.say("/window/timezone", t("fault.attribute"));
  if (otherwise != null && !isTimezone(otherwise)) found.say("/window/otherwise", t("fault.timezone"));
  if (days != null && days.length === 0) found.say("/window/days", t("fault.days"));
  if (from != null && !/^([01]\d|2[0-3]):[0-5]\d$/.test(from)) found.say("/window/from", t("fault.clock"));
  if (to != null && !/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(to)) found.say("/window/to", t("fault.clock"));
}

/** Whether a browser knows the zone: the service has the same names, of the IANA. */
function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

function ofPace({ per_second, ramp }: PaceGiven, found: Checker): void {
  found.number("/pace/per_second", per_second, 0.1, 100_000);
  if (ramp == null) return;
  found.number("/pace/ramp/from_per_second", ramp.from_per_second, 0.1, per_second ?? 100_000);
  found.number("/pace/ramp/multiply_by", ramp.multiply_by, 1.01, 1_000);
  found.number("/pace/ramp/each", ramp.each, 1, 10_000_000, true);
}

function ofWaves(waves: readonly WaveGiven[], found: Checker, t: GraphWords): void {
  if (waves.length === 0 || waves.length > MAX_WAVES) found.say("/waves", t("fault.waves", { most: MAX_WAVES }));
  for (const [index, { percent, then_wait, halt_if }] of waves.entries()) {
    const here = `/waves/${index}`;
    found.number(`${here}/percent`, percent, 0.01, 100);
    if ((percent ?? 0) <= (waves[index - 1]?.percent ?? 0)) found.say(`${here}/percent`, t("fault.rising"));
    if (index === waves.length - 1 && percent !== 100) found.say(`${here}/percent`, t("fault.last"));
    found.duration(`${here}/then_wait`, then_wait, 0, 14 * DAY_S);
    if (halt_if == null) continue;
    const { failed_over, gone_over, at_least } = halt_if;
    if (failed_over == null && gone_over == null) found.say(`${here}/halt_if`, t("fault.shares"));
    for (const [name, value] of Object.entries({ failed_over, gone_over })) {
      if (value != null && !(value >= 0 && value <= 1)) found.say(`${here}/halt_if/${name}`, t("fault.share"));
    }
    if (at_least != null) found.number(`${here}/halt_if/at_least`, at_least, 1, 1_000_000, true);
  }
}

function ofAck({ need, within, resend, once_per_user, escalate }: AckGiven, found: Checker, t: GraphWords): void {
  if (need == null) found.say("/ack/need", t("fault.need"));
  found.duration("/ack/within", within, 1, 7 * DAY_S);
  if (resend != null) found.number("/ack/resend", resend, 0, 10, true);
  if (within == null && ((resend ?? 0) > 0 || escalate != null)) found.say("/ack/within", t("fault.within"));
  if (once_per_user === true && need !== "read") found.say("/ack/once_per_user", t("fault.perUser"));
  if (escalate == null) return;
  if (targetText(escalate.target).trim() === "") found.say("/ack/escalate/target", t("fault.target"));
  if (escalate.message === undefined || escalate.message === "") found.say("/ack/escalate/message", t("fault.message"));
}

/**
 * What a refusal says about the members of a strategy: by `errors[].pointer`, or by the one `field` such as
 * `strategy.waves.1.percent`. A target that is refused is that of the escalation, if `hasOwnTarget` is not said.
 */
export function refusedMembers(problem: ProblemError | null, { hasOwnTarget = false } = {}): Faults {
  const found = new Map<string, string>();
  if (problem === null) return found;
  for (const [pointer, detail] of problem.faults) found.set(pointer.replace(/^\/strategy(?=\/)/, ""), detail);
  const { field } = problem.problem;
  if (typeof field === "string" && field.startsWith("strategy.")) {
    const fault = problem.detail.startsWith(`${field} `) ? problem.detail.slice(field.length + 1) : problem.detail;
    found.set(field.slice("strategy".length).replaceAll(".", "/"), fault);
  }
  if (problem.code === "invalid_target" && !hasOwnTarget) found.set("/ack/escalate/target", problem.detail);
  return found;
}
