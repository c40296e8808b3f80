import type { Expression } from "./expression.js";
import { print } from "./print.js";

/** A target as text: as it was written, or printed from its JSON; what is no target, as its JSON. */
export function targetText(target: unknown): string {
  if (target === undefined || target === null) return "";
  if (typeof target === "string") return target;
  try {
    return print(target as Expression);
  } catch {
    return JSON.stringify(target);
  }
}
