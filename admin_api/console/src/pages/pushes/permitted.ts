import type { PushDetail } from "../../api/schema.js";
import type { Scope } from "../../session/session.js";

/** What can be done about a push. */
export type Action = "approve" | "reject" | "halt" | "resume" | "cancel";

/** The scope that each takes. */
export const SCOPES: Readonly<Record<Action, Scope>> = {
  approve: "push:approve",
  reject: "push:approve",
  halt: "push:send",
  resume: "push:send",
  cancel: "push:send",
};

/** What a push's state allows, in the order in which it is offered. What is released to everybody cannot be halted. */
export function permitted({ state, repeat, counts }: PushDetail, expected: number): readonly Action[] {
  switch (state) {
    case "awaiting_approval":
      return ["approve", "reject", "cancel"];
    case "scheduled":
      return repeat == null ? ["halt", "cancel"] : ["cancel"];
    case "waiting":
      return ["halt", "cancel"];
    case "sending":
      return counts.targeted < expected ? ["halt", "cancel"] : ["cancel"];
    case "halted":
      return ["resume", "cancel"];
    case "sent":
    case "completed":
      return counts.sent > 0 || repeat != null ? ["cancel"] : [];
    default:
      return [];
  }
}
