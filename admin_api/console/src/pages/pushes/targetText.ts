import type { Expression } from "../../api/schema.js";

/** A target in the text language, on one line. */
export function targetText(target: Expression): string {
  return JSON.stringify(target);
}
