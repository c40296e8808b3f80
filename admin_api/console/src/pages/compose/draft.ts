import { tryParse } from "../../target/parse.js";
import { type MessageDraft, NO_MESSAGE, written } from "./message_draft.js";
import { AT_ONCE, type Schedule, type ScheduleDraft, scheduleOf } from "./schedule.js";
import type { Changes } from "./strategy_changes.js";

/** Everything that the page's fields hold. */
export interface Draft {
  readonly message: MessageDraft;
  /** In the target language, as it was typed. */
  readonly target: string;
  readonly strategy: { readonly name: string; readonly changes: Changes };
  readonly when: ScheduleDraft;
  /** The name of the strategy that it is compared with; null: with none. */
  readonly compared: string | null;
}

export const NO_DRAFT: Draft = {
  message: NO_MESSAGE,
  target: "",
  strategy: { name: "now", changes: {} },
  when: AT_ONCE,
  compared: null,
};

/** The body of `POST /v1/pushes` and of its preview. */
export interface PushBody extends Schedule {
  readonly target: string;
  readonly message: unknown;
  readonly strategy: { readonly name: string } & Changes;
  readonly test?: boolean;
}

/** What is still to be said. */
export type Gap = "target" | "message" | "json" | "when";

/** What a draft comes to. */
export interface Composed {
  /** What can be previewed already: a push whose message is still to be written has an empty one. Null: not enough is said. */
  readonly body: PushBody | null;
  /** What has to be said before it can be sent. */
  readonly gaps: readonly Gap[];
}

/** The push that a draft stands for, as far as it goes. */
export function composed(draft: Draft): Composed {
  const message = written(draft.message);
  const when = scheduleOf(draft.when);
  const target = draft.target.trim();
  const gaps: Gap[] = [];
  if (message.is === "empty") gaps.push("message");
  if (message.is === "unreadable") gaps.push("json");
  // What is no target is said at its field at once: nobody need be asked.
  const isTarget = target !== "" && tryParse(target).fault === null;
  if (!isTarget) gaps.push("target");
  if (when === null) gaps.push("when");
  if (!isTarget || when === null || message.is === "unreadable") return { body: null, gaps };
  const strategy = { ...draft.strategy.changes, name: draft.strategy.name };
  return { body: { target, message: message.is === "message" ? message.message : "", strategy, ...when }, gaps };
}

/** Whether anything was written that would be missed. */
export function isBlank(draft: Draft): boolean {
  return draft.target.trim() === "" && written(draft.message).is === "empty";
}
