import type { Expression, NameKind, WithAttribute } from "./expression.js";
import { COMPARISONS } from "./parse.js";
import { writtenAttribute, writtenName, writtenValue } from "./tokens.js";

/** How tightly a printed expression holds together; what holds less tightly than its surroundings is bracketed. */
enum Tightness {
  Either,
  Both,
  Single,
}

interface Printed {
  readonly text: string;
  readonly holds: Tightness;
}

/**
 * A target as the text that `parse` takes. An `any` or `every` of one part is written as that part. Raises TypeError
 * for what is no expression.
 *
 * @example print({not: {groups: ["ops"]}}) // "not group:ops"
 */
export function print(expression: Expression): string {
  return printed(expression).text;
}

function printed(expression: Expression): Printed {
  if ("any" in expression) return joined(expression.any, " or ", Tightness.Either, Tightness.Both);
  if ("every" in expression) return joined(expression.every, " and ", Tightness.Both, Tightness.Single);
  return { text: single(expression), holds: Tightness.Single };
}

function joined(parts: readonly Expression[], by: string, holds: Tightness, inner: Tightness): Printed {
  const [first] = parts;
  if (first === undefined) throw new TypeError("a target of no parts cannot be written");
  if (parts.length === 1) return printed(first);
  return { text: parts.map(part => within(part, inner)).join(by), holds };
}

function within(part: Expression, tightness: Tightness): string {
  const { text, holds } = printed(part);
  return holds < tightness ? `(${text})` : text;
}

function single(expression: Exclude<Expression, { any: unknown } | { every: unknown }>): string {
  if ("all" in expression) return "all";
  if ("not" in expression) return `not ${within(expression.not, Tightness.Single)}`;
  if ("users" in expression) return names("user", expression.users);
  if ("groups" in expression) return names("group", expression.groups);
  if ("terminals" in expression) return names("terminal", expression.terminals);
  if ("connections" in expression) return names("connection", expression.connections);
  if ("attr" in expression) return comparison(expression);
  throw new TypeError("this is no target");
}

function names(kind: NameKind, listed: readonly string[]): string {
  const [first] = listed;
  if (first === undefined) throw new TypeError("a target of no names cannot be written");
  return listed.length === 1 ? `${kind}:${writtenName(first)}` : `${kind}:(${listed.map(writtenName).join(", ")})`;
}

function comparison({ attr, op = "eq", value }: WithAttribute): string {
  if (op === "exists") return `has ${writtenAttribute(attr)}`;
  if (value === undefined || value === null) throw new TypeError("a comparison without a value cannot be written");
  const sign = Object.entries(COMPARISONS).find(([, each]) => each === op)?.[0] ?? "=";
  const values = typeof value === "object" ? `(${value.map(writtenValue).join(", ")})` : writtenValue(value);
  return `${writtenAttribute(attr)} ${sign} ${values}`;
}
