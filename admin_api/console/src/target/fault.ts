import type { NameFault, ValueFault } from "./expression.js";

/** What a target is refused for; the words are in words/en/target.json under `fault`. */
export type FaultKind =
  | "expected"
  | "reserved"
  | "kind_for_name"
  | "kind_without_name"
  | "unknown_kind"
  | "null_value"
  | "quote"
  | "stray"
  | "stray_quote"
  | "stray_star"
  | "stray_tilde"
  | "stray_bang"
  | "stray_wide"
  | "too_deep"
  | "too_many"
  | "list_too_long"
  | "lists_too_long"
  | "too_long"
  | `name_${NameFault}`
  | `value_${ValueFault}`;

interface Place {
  /** UTF-16 units from 0, as JavaScript and the editor count. */
  readonly offset: number;
  /** Where what is wrong ends, in UTF-16 units. */
  readonly end: number;
}

/** Why a text is no target, and where. */
export class TargetFault extends Error {
  readonly kind: FaultKind;
  /** Characters (Unicode code points) from 0, as the service counts. */
  readonly position: number;
  readonly offset: number;
  readonly end: number;
  /** What could stand there instead, in the service's words; empty where nothing in particular. */
  readonly expected: readonly string[];
  /** What stands there; null at the end of the text. */
  readonly found: string | null;
  /** The kind of name, or the sign to write instead: what the words of `kind` speak of. */
  readonly about: string;

  constructor(
    source: string,
    kind: FaultKind,
    place: Place,
    {
      expected = [],
      found = null,
      about = "",
    }: { expected?: readonly string[]; found?: string | null; about?: string },
  ) {
    super(`${kind} at ${place.offset}`);
    this.name = "TargetFault";
    this.kind = kind;
    this.position = Array.from(source.slice(0, place.offset)).length;
    this.offset = place.offset;
    this.end = place.end;
    this.expected = expected;
    this.found = found;
    this.about = about;
  }

  /** Whether only the end is missing: no fault of somebody who is still typing. */
  get unfinished(): boolean {
    return this.kind === "expected" && this.found === null;
  }
}

/** The UTF-16 offset of the service's `position`, which counts characters. */
export function offsetOf(source: string, position: number): number {
  return Array.from(source).slice(0, position).join("").length;
}
