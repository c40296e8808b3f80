import type { ProblemError } from "../../api/problem.js";

/** The part of the page that a refusal is about. */
export type Place = "target" | "message" | "strategy" | "when" | "page";

const BY_CODE: Readonly<Record<string, Place>> = {
  invalid_target: "target",
  invalid_message: "message",
  message_too_large: "message",
  body_too_large: "message",
  invalid_strategy: "strategy",
  strategy_not_found: "strategy",
  invalid_schedule: "when",
};

const BY_MEMBER: Readonly<Record<string, Place>> = {
  target: "target",
  message: "message",
  strategy: "strategy",
  send_at: "when",
  repeat: "when",
};

/** Where a refusal of a push belongs: beside the member that it names, else where its code says. */
export function placeOf(problem: ProblemError): Place {
  const member = firstMember(problem);
  return (member !== null && BY_MEMBER[member]) || (BY_CODE[problem.code] ?? "page");
}

/** The faults of a strategy by JSON pointer from the strategy on; one of the whole strategy is at `""`. */
export function strategyFaults(problem: ProblemError | null): ReadonlyMap<string, string> {
  const faults = new Map<string, string>();
  if (problem === null || placeOf(problem) !== "strategy") return faults;
  const field = problem.problem["field"];
  if (typeof field === "string") faults.set(pointer(field.replace(/^strategy\.?/, "")), problem.detail);
  for (const [at, detail] of problem.faults) {
    if (at.startsWith("/strategy")) faults.set(at.slice("/strategy".length), detail);
  }
  if (faults.size === 0) faults.set("", problem.detail);
  return faults;
}

function firstMember(problem: ProblemError): string | null {
  const field = problem.problem["field"];
  if (typeof field === "string") return field.split(".")[0] ?? null;
  const [at] = problem.faults.keys();
  return at?.split("/")[1] ?? null;
}

/** `waves.1.percent` as `/waves/1/percent`. */
function pointer(field: string): string {
  return field === "" ? "" : `/${field.replaceAll(".", "/")}`;
}
