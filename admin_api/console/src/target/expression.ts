/** What an attribute holds. A whole number that JavaScript cannot hold exactly is a bigint. */
export type Value = string | number | bigint | boolean;

/** How an attribute is compared; every one of them speaks only of terminals that have the attribute. */
export type Op = "eq" | "ne" | "in" | "lt" | "le" | "gt" | "ge" | "prefix" | "exists";

/** What stands before the colon of a name, as in `group:ops`. */
export type NameKind = "user" | "group" | "terminal" | "connection";
export const NAME_KINDS: readonly NameKind[] = ["user", "group", "terminal", "connection"];

export interface OfUsers {
  readonly users: readonly string[];
}
export interface InGroups {
  readonly groups: readonly string[];
}
export interface OfTerminals {
  readonly terminals: readonly string[];
}
export interface OfConnections {
  readonly connections: readonly string[];
}
export interface WithAttribute {
  readonly attr: string;
  /** `eq` if it is left out. */
  readonly op?: Op | undefined;
  readonly value?: Value | readonly Value[] | null | undefined;
}

/** A target in its JSON form, as the API takes it: who a push is for. docs/targets.md explains it. */
export type Expression =
  | { readonly all: true }
  | OfUsers
  | InGroups
  | OfTerminals
  | OfConnections
  | WithAttribute
  | { readonly any: readonly Expression[] }
  | { readonly every: readonly Expression[] }
  | { readonly not: Expression };

/** How big a target may be; the service refuses what is bigger. */
export const BOUNDS = {
  /** Levels of nesting; a leaf has one. */
  depth: 8,
  /** Expressions, the inner ones included. */
  nodes: 256,
  /** Entries in one list. */
  list: 1_000,
  /** Entries in all lists together. */
  listed: 2_000,
  /** UTF-8 bytes of a target written as text. */
  textBytes: 8_192,
  /** UTF-8 bytes of a name. */
  nameBytes: 256,
  /** UTF-8 bytes of a text that an attribute is compared with. */
  valueBytes: 512,
} as const;

const MAX_INTEGER = (1n << 63n) - 1n;

/** The parts of an expression; of one that has none, an empty list. */
function partsOf(expression: Expression): readonly Expression[] {
  if ("any" in expression) return expression.any;
  if ("every" in expression) return expression.every;
  return "not" in expression ? [expression.not] : [];
}

/** Levels of nesting, as `BOUNDS.depth` counts. */
export function depthOf(expression: Expression): number {
  return 1 + Math.max(0, ...partsOf(expression).map(depthOf));
}

/** Why a name cannot be one. */
export type NameFault = "empty" | "too_long" | "control" | "surrogate" | "white_space";
/** Why an attribute cannot be compared with a value. */
export type ValueFault = "too_long" | "surrogate" | "not_text" | "no_order" | "infinite" | "over_64_bits";

// As Python knows white space, which is what the service goes by: JavaScript's \s has other members.
export const WHITE_SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const AT_AN_END = new RegExp(`^[${WHITE_SPACE}]|[${WHITE_SPACE}]$`);

/** UTF-8 bytes of a text. */
export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Why `name` cannot be the name of a user, a group, a terminal or an attribute; null if it can. */
export function faultOfName(name: string): NameFault | null {
  if (name === "") return "empty";
  if (charactersIn(name) > BOUNDS.nameBytes) return "too_long";
  if (/\p{Cs}/u.test(name)) return firstFault(name);
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)) return "control";
  if (bytesOf(name) > BOUNDS.nameBytes) return "too_long";
  return AT_AN_END.test(name) ? "white_space" : null;
}

function firstFault(name: string): NameFault {
  const found = /[\p{Cs}\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.exec(name);
  return found !== null && /\p{Cs}/u.test(found[0]) ? "surrogate" : "control";
}

/** Why an attribute cannot be compared so with `value` (of `in`: with one of its values); null if it can. */
export function faultOfValue(op: Op, value: Value): ValueFault | null {
  if (op === "prefix" && typeof value !== "string") return "not_text";
  if (["lt", "le", "gt", "ge"].includes(op) && typeof value === "boolean") return "no_order";
  if (typeof value === "string") {
    if (charactersIn(value) > BOUNDS.valueBytes) return "too_long";
    if (/\p{Cs}/u.test(value)) return "surrogate";
    return bytesOf(value) > BOUNDS.valueBytes ? "too_long" : null;
  }
  if (typeof value === "number" && !Number.isFinite(value)) return "infinite";
  if (typeof value === "bigint" && (value > MAX_INTEGER || value < -MAX_INTEGER)) return "over_64_bits";
  return null;
}

/** Characters (Unicode code points) of a text. */
function charactersIn(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
