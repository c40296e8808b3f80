import { type Expression, NAME_KINDS, type NameKind, type Op, type Value } from "./expression.js";
import { numberIn } from "./tokens.js";

/** A target while it is put together: unlike an Expression, its conditions may still lack a name or a value. */
export type Draft = Condition | Junction;

/** Conditions of which all or any must hold. */
export interface Junction {
  readonly is: "junction";
  /** Stays while it is edited, and is none of the expression. */
  readonly id: number;
  readonly negated: boolean;
  readonly op: "every" | "any";
  readonly of: readonly Draft[];
}

/** One thing that is asked of a terminal. */
export interface Condition {
  readonly is: "condition";
  readonly id: number;
  readonly negated: boolean;
  readonly asks: Asked;
}

export type Asked =
  | { readonly kind: "all" }
  | { readonly kind: NameKind; readonly names: readonly string[] }
  | { readonly kind: "attribute"; readonly name: string; readonly op: Op; readonly values: readonly Value[] };

let last = 0;
const fresh = (): number => {
  last += 1;
  return last;
};

/** A condition that still asks nothing. */
export function newCondition(asks: Asked = { kind: "group", names: [] }): Condition {
  return { is: "condition", id: fresh(), negated: false, asks };
}

export function newJunction(op: Junction["op"], of: readonly Draft[]): Junction {
  return { is: "junction", id: fresh(), negated: false, op, of };
}

/** An expression to be edited: always a junction; everybody is one without conditions. */
export function draftOf(expression: Expression): Junction {
  if ("all" in expression) return newJunction("every", []);
  const draft = partOf(expression);
  return draft.is === "junction" && !draft.negated ? draft : newJunction("every", [draft]);
}

function partOf(expression: Expression): Draft {
  if ("any" in expression) return newJunction("any", expression.any.map(partOf));
  if ("every" in expression) return newJunction("every", expression.every.map(partOf));
  if (!("not" in expression)) return newCondition(askedBy(expression));
  const part = partOf(expression.not);
  return part.negated ? { ...newJunction("every", [part]), negated: true } : { ...part, negated: true };
}

function askedBy(expression: Exclude<Expression, { any: unknown } | { every: unknown } | { not: unknown }>): Asked {
  if ("all" in expression) return { kind: "all" };
  if ("users" in expression) return { kind: "user", names: expression.users };
  if ("groups" in expression) return { kind: "group", names: expression.groups };
  if ("terminals" in expression) return { kind: "terminal", names: expression.terminals };
  if ("connections" in expression) return { kind: "connection", names: expression.connections };
  const { attr: name, op = "eq", value } = expression;
  const values =
    value === undefined || value === null || op === "exists" ? [] : typeof value === "object" ? value : [value];
  return { kind: "attribute", name, op, values };
}

/** What a draft says, without what is not finished in it; null where nothing is. */
function expressionOf(draft: Draft): Expression | null {
  const said = draft.is === "condition" ? asking(draft.asks) : joining(draft);
  return said !== null && draft.negated ? { not: said } : said;
}

/** The whole of it: without any condition, everybody. */
export function targetOf(root: Junction): Expression {
  return expressionOf(root) ?? { all: true };
}

function joining({ op, of }: Junction): Expression | null {
  const parts = of.map(expressionOf).filter(part => part !== null);
  const [first] = parts;
  if (first === undefined) return null;
  if (parts.length === 1) return first;
  return op === "any" ? { any: parts } : { every: parts };
}

function asking(asks: Asked): Expression | null {
  switch (asks.kind) {
    case "all":
      return { all: true };
    case "attribute":
      return comparing(asks);
    case "user":
      return asks.names.length === 0 ? null : { users: asks.names };
    case "group":
      return asks.names.length === 0 ? null : { groups: asks.names };
    case "terminal":
      return asks.names.length === 0 ? null : { terminals: asks.names };
    case "connection":
      return asks.names.length === 0 ? null : { connections: asks.names };
  }
}

function comparing({ name, op, values }: Extract<Asked, { kind: "attribute" }>): Expression | null {
  if (name === "") return null;
  if (op === "exists") return { attr: name, op };
  const [first] = values;
  if (first === undefined) return null;
  return { attr: name, op, value: op === "in" ? values : first };
}

/** The draft with one of its parts changed, or taken out (`null`). */
export function withPart(root: Junction, id: number, change: (part: Draft) => Draft | null): Junction {
  const of = root.of.flatMap((part): Draft[] => {
    if (part.id === id) return [change(part)].filter(each => each !== null);
    return [part.is === "junction" ? withPart(part, id, change) : part];
  });
  return { ...root, of };
}

/** A condition of another kind, as far as it can keeping what it says. */
export function asAnother(asks: Asked, kind: Asked["kind"]): Asked {
  if (kind === asks.kind) return asks;
  if (kind === "all") return { kind };
  if (kind === "attribute") return { kind, name: "", op: "eq", values: [] };
  return { kind, names: "names" in asks ? asks.names : [] };
}

/** A comparison by another operator, as far as it can keeping its values. */
export function comparedBy(asks: Extract<Asked, { kind: "attribute" }>, op: Op): Asked {
  return { ...asks, op, values: op === "in" ? asks.values : op === "exists" ? [] : asks.values.slice(0, 1) };
}

/** What somebody means who types a value: a number, true or false, text between quotes, else the text itself. */
export function valueTyped(typed: string): Value {
  if (typed === "true" || typed === "false") return typed === "true";
  if (/^".*"$/s.test(typed)) {
    try {
      return JSON.parse(typed) as string;
    } catch {
      return typed;
    }
  }
  return numberIn(typed) ?? typed;
}

/** A value as `valueTyped` takes it: text is quoted only where it would be read as something else. */
export function typedOf(value: Value): string {
  if (typeof value !== "string") return String(value);
  return valueTyped(value) === value ? value : JSON.stringify(value);
}

/** Kinds of conditions, in the order in which they are offered. */
export const ASKED_KINDS: readonly Asked["kind"][] = [
  "group",
  "attribute",
  ...NAME_KINDS.filter(each => each !== "group"),
  "all",
];
