import { sameJson } from "../../api/json.js";
import type { Policy } from "../../api/schema.js";

/** Members of a strategy that a push changes; null puts one back to its default. */
export type Changes = Readonly<Record<string, unknown>>;

/** The strategy that a push goes by: what is kept, with the changes in its place. */
export function changed(kept: Policy, changes: Changes): Policy {
  return { ...kept, ...(changes as Partial<Policy>) };
}

/** What of an edited strategy is not as it is kept, each member as a whole. */
export function changesOf(kept: Policy, edited: object): Changes {
  const [before, after] = [kept as Record<string, unknown>, edited as Record<string, unknown>];
  const members = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changes: Record<string, unknown> = {};
  for (const member of members) {
    if (member === "name" || member === "version") continue;
    const [was, is] = [before[member] ?? null, after[member] ?? null];
    if (!sameJson(was, is)) changes[member] = is;
  }
  return changes;
}
