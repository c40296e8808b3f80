import type { Expression } from "../../target/expression.js";
import { tryParse } from "../../target/parse.js";
import { print } from "../../target/print.js";

/**
 * A filter narrowed by one clause more. A clause that is there already is not said twice; what is no target is
 * replaced.
 *
 * @example narrowed("group:ops", { attr: "os", value: "mac" }) // "group:ops and os = mac"
 */
export function narrowed(filter: string, clause: Expression): string {
  const { expression } = tryParse(filter);
  if (expression === null || "all" in expression) return print(clause);
  const parts = "every" in expression ? expression.every : [expression];
  return print({ every: holds(filter, clause) ? parts : [...parts, clause] });
}

/** A filter without a clause that it demands; nothing left is everybody. */
export function widened(filter: string, clause: Expression): string {
  const { expression } = tryParse(filter);
  if (expression === null) return filter;
  const parts = "every" in expression ? expression.every : [expression];
  const left = parts.filter(part => print(part) !== print(clause));
  return left.length === 0 ? "" : print({ every: left });
}

/** Whether a filter demands a clause as it stands. */
export function holds(filter: string, clause: Expression): boolean {
  const { expression } = tryParse(filter);
  if (expression === null) return false;
  const parts = "every" in expression ? expression.every : [expression];
  return parts.some(part => print(part) === print(clause));
}

/** What a filter is asked as: nothing is no parameter, which means everybody. */
export function asked(filter: string): { target?: string[] } {
  return filter.trim() === "" ? {} : { target: [filter] };
}

/** The user of a terminal id, `<user>/<name>`: it is split at its last slash. */
export function userOf(terminalId: string): string {
  const slash = terminalId.lastIndexOf("/");
  return slash === -1 ? terminalId : terminalId.slice(0, slash);
}
