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
    if (!same(was, is)) changes[member] = is;
  }
  return changes;
}

/** Whether two JSON values mean the same, whatever the order of their members. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => same(item, other[at]));
  }
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [mine, theirs] = [one as Record<string, unknown>, other as Record<string, unknown>];
  const names = new Set([...Object.keys(mine), ...Object.keys(theirs)]);
  return [...names].every(name => same(mine[name], theirs[name]));
}
