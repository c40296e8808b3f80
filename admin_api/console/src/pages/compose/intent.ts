import { type ProblemError, problemOf } from "../../api/problem.js";
import type { Push } from "../../api/schema.js";

/** How a plan is sent. */
export interface Attempt {
  readonly plan: string;
  readonly ifChanged: "reject" | "send";
}

/**
 * The wish to send one composed push. It has one Idempotency-Key, however often it is tried, so that it is sent once.
 *
 * The service answers a key with its first push if plan and `if_changed` are those of then. So an attempt that got no
 * answer is remembered: it is asked about, as it was, before another one is made.
 */
export interface Intent {
  /** The body as text: another one is another intent. */
  readonly meaning: string;
  readonly key: string;
  readonly unanswered: Attempt | null;
}

/** The intent to send `meaning`: the one there is, or a new one if that was to send something else. */
export function intentOf(meaning: string, known: Intent | null): Intent {
  if (known !== null && known.meaning === meaning) return known;
  return { meaning, key: newKey(), unanswered: null };
}

/** 128 random bits. Not `randomUUID`, which pages without TLS do not have. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("");
}

/** What came of it. `unanswered`: it may have been sent, and may be tried again with the intent that comes with it. */
export type Outcome =
  | { readonly is: "sent"; readonly push: Push }
  | { readonly is: "refused" | "unanswered"; readonly problem: ProblemError; readonly intent: Intent };

/** `POST /v1/pushes` with this key. Raises ProblemError. */
export type Post = (attempt: Attempt, key: string) => Promise<Push>;

/** Tries to send, once. Never raises. */
export async function attempted(post: Post, intent: Intent, wanted: Attempt): Promise<Outcome> {
  const open = intent.unanswered;
  if (open !== null && (open.plan !== wanted.plan || open.ifChanged !== wanted.ifChanged)) {
    const earlier = await tried(post, intent, open);
    // Refused now, it was not taken then either: the key is free for what is wanted.
    if (earlier.is !== "refused") return earlier;
    return tried(post, earlier.intent, wanted);
  }
  return tried(post, intent, wanted);
}

async function tried(post: Post, intent: Intent, attempt: Attempt): Promise<Outcome> {
  try {
    return { is: "sent", push: await post(attempt, intent.key) };
  } catch (error) {
    const problem = problemOf(error);
    if (hasNoAnswer(problem)) return { is: "unanswered", problem, intent: { ...intent, unanswered: attempt } };
    return { is: "refused", problem, intent: { ...intent, unanswered: null } };
  }
}

/** Whether the push may have been taken all the same. */
const hasNoAnswer = (problem: ProblemError): boolean => problem.status === 0 || problem.status >= 500;

/** How an audience has changed since a plan was made; `names` is null where it was too large to keep names. */
export interface AudienceChange {
  readonly planned: number;
  readonly now: number;
  readonly came: Moved;
  readonly went: Moved;
}

export interface Moved {
  readonly terminals: number;
  readonly names: readonly string[] | null;
}

/** What a refusal with `audience_changed` says; null for any other. */
export function audienceChange(problem: ProblemError): AudienceChange | null {
  if (problem.code !== "audience_changed") return null;
  return problem.problem as unknown as AudienceChange;
}
