import type { Audience, Expression } from "../../api/schema.js";

/** A part of who is connected: how it is called, how many, and the target that means just them. */
export interface Part {
  readonly label: string;
  readonly connections: number;
  readonly target: Expression;
}

const MOST = 12;

/** The largest groups. A connection may be in several. */
export function byGroup({ by_group }: Pick<Audience, "by_group">): Part[] {
  return Object.entries(by_group)
    .map(([group, connections]) => ({ label: group, connections, target: { groups: [group] } }))
    .sort(largestFirst)
    .slice(0, MOST);
}

/** The commonest values of an attribute. */
export function byAttribute({ by_attribute }: Pick<Audience, "by_attribute">, name: string): Part[] {
  return (by_attribute[name] ?? [])
    .map(({ value, connections }) => ({
      label: String(value),
      connections,
      target: { attr: name, op: "eq" as const, value },
    }))
    .sort(largestFirst)
    .slice(0, MOST);
}

const largestFirst = (a: Part, b: Part) => b.connections - a.connections || a.label.localeCompare(b.label);
