import type { TFunction } from "i18next";
import type { Explanation, Expression, Step } from "../../api/schema.js";
import { durationInWords, secondsOf } from "../../format/durations.js";
import { targetText } from "../../target/text.js";
import { wholeClock } from "./times.js";

/** How a step came out, as its mark says it. */
export type Tone = "good" | "waits" | "bad" | "plain";

const GOOD = [
  "matched",
  "approved",
  "released",
  "connected",
  "open",
  "passed",
  "due",
  "sent",
  "received",
  "read",
  "confirmed",
];
const WAITS = ["waits", "not_released", "under_way", "kept", "unconfirmed", "away", "replayed", "halted"];
const BAD = [
  "not_matched",
  "rejected",
  "dropped",
  "failed",
  "gone",
  "expired",
  "skipped",
  "missed",
  "cancelled",
  "over",
];

/** The tone of a step's outcome; one that nobody knows is plain. */
export function toneOf(outcome: string): Tone {
  if (GOOD.includes(outcome)) return "good";
  if (WAITS.includes(outcome)) return "waits";
  return BAD.includes(outcome) ? "bad" : "plain";
}

/** The tone of a whole trace. */
export function toneOfAnswer(answer: Explanation["answer"]): Tone {
  switch (answer) {
    case "sent":
    case "received":
    case "read":
      return "good";
    case "failed":
    case "gone":
    case "skipped":
    case "missed":
    case "expired":
      return "bad";
    case "awaiting_approval":
    case "scheduled":
    case "waits":
    case "halted":
    case "under_way":
    case "away":
      return "waits";
    default:
      return "plain";
  }
}

/**
 * A step in the viewer's language and time zone, made from its facts; what is not known here is said in the service's
 * own words.
 */
export function stepInWords(step: Step, t: TFunction<"pushes">): string {
  const facts = factsOf(step);
  const named = step.step === "stage" ? "turn" : step.outcome;
  const keys = [variant(named, facts), named].map(form => `trace.${step.step}.${form}`);
  const say = t as unknown as (keys: string[], options: object) => string;
  return say(keys, { ...facts, defaultValue: step.text, ns: "pushes" });
}

/** The same outcome is said in another way where other facts are there. */
function variant(outcome: string, facts: Record<string, unknown>): string {
  if (outcome === "sent" && facts["at"] === undefined) return "sentUnproven";
  if (outcome === "released" && facts["from"] !== facts["to"]) return "releasedBetween";
  if (outcome === "turn" && facts["lane"] !== undefined) return "turnWith";
  if ((outcome === "confirmed" || outcome === "unconfirmed") && facts["within"] !== undefined)
    return `${outcome}Within`;
  if (outcome === "waits" && facts["until"] !== undefined) return "waitsUntil";
  if (outcome === "kept" && facts["collapse_key"] !== undefined) return "keptNewest";
  return outcome;
}

const MOMENTS = ["at", "until", "from", "to", "connected_since", "last_seen", "send_at", "opens_at", "asked_at"];

/** The facts as words take them: moments by the viewer's clock, durations and clauses in words, and nothing that is null. */
function factsOf(step: Step): Record<string, unknown> {
  const facts: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(step.data)) {
    if (value === null || value === undefined) continue;
    if (name === "clause") facts[name] = targetText(value as Expression);
    else if (name === "within") facts[name] = durationInWords(secondsOf(value as string | number));
    else if (MOMENTS.includes(name))
      facts[name] = Array.isArray(value) ? value.map(clockOf).join(", ") : clockOf(value);
    else facts[name] = value;
  }
  return facts;
}

const clockOf = (value: unknown) => (typeof value === "string" ? wholeClock(new Date(value)) : String(value));
