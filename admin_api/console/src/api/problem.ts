import type { Problem } from "./schema.js";

/** Why the service refused a request (RFC 9457), or why it could not be asked. */
export class ProblemError extends Error {
  /** Stable, for programs; `unreachable` when there was no answer, `unexpected` when it was no problem document. */
  readonly code: string;
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly title: string;
  /** What was wrong and what to do, for people. */
  readonly detail: string;
  /** Where docs/errors.md explains the code; null where nothing does. */
  readonly docs: string | null;
  /** The whole document: some codes come with more members, such as `position` and `expected`. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(problem: Partial<Problem> & Record<string, unknown>) {
    super(`${problem.code ?? "unexpected"}: ${problem.detail ?? problem.title ?? ""}`);
    this.name = "ProblemError";
    this.code = problem.code ?? "unexpected";
    this.status = problem.status ?? 0;
    this.title = problem.title ?? "The service gave an answer that is not understood";
    this.detail = problem.detail ?? "";
    this.docs = problem.type ?? null;
    this.problem = problem;
  }

  /** The faults of single members, by JSON pointer: what a form shows beside its fields. */
  get faults(): ReadonlyMap<string, string> {
    const errors = this.problem["errors"];
    const found = new Map<string, string>();
    if (!Array.isArray(errors)) return found;
    for (const fault of errors as { pointer?: string | null; detail: string }[]) {
      if (typeof fault.pointer === "string") found.set(fault.pointer, fault.detail);
    }
    return found;
  }
}

/** What a failed request came to. */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  return new ProblemError({
    code: "unreachable",
    title: "The service cannot be reached",
    detail: error instanceof Error ? error.message : String(error),
  });
}
