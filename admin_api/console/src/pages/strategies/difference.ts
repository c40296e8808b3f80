import { sameJson } from "../../api/json.js";
import type { StrategyGiven } from "../../graph/strategy.js";

/** A member that is not the same in two strategies: its path such as `waves.1.percent`, and what it is in each. */
export interface Difference {
  readonly path: string;
  /** Undefined: it is not there. */
  readonly before: unknown;
  readonly after: unknown;
}

/** What is one value, though it has parts. */
const WHOLE = new Set(["days", "target", "message"]);

/** The members that differ, in the order of the first strategy, then those that only the second has. */
export function differences(before: StrategyGiven, after: StrategyGiven): readonly Difference[] {
  return compared(before, after, "");
}

function compared(before: unknown, after: unknown, path: string): Difference[] {
  if (isOpen(before, path) && isOpen(after, path)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap(name => compared(before[name], after[name], path === "" ? name : `${path}.${name}`));
  }
  return sameJson(before ?? null, after ?? null) ? [] : [{ path, before, after }];
}

function isOpen(value: unknown, path: string): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !WHOLE.has(path.split(".").at(-1) ?? "");
}
