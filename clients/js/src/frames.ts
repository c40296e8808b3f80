/** The frames of the terminals' protocol: JSON text, by `action` from the terminal, by `type` to it. */

/** Any value that JSON can write. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };

/** A JSON object, as it came. */
export type JsonObject = { [name: string]: JsonValue };

/** What became of a push here: the client has it, a person confirmed it, it could not act, it is off the screen. */
export type AckKind = "received" | "read" | "failed" | "recalled";

/** The `since` that asks for everything that is still kept. */
export const BEGINNING = "00000000-0000-7000-8000-000000000000";

/** A message for this terminal. */
export interface Push {
  readonly type: "push";
  readonly id: string;
  readonly position: string;
  /** Why it came here: `all`, `group:ops`, `user:alice`, `terminal:…`. */
  readonly topic: string;
  readonly message: JsonValue;
  readonly sentAt: Date | null;
  /** It was sent while the terminal was away. */
  readonly replayed: boolean;
  /** What the sender wants to know: `received` (the library says so by itself) or `read` (call `read`). */
  readonly ack: string | null;
  /** It takes the place of what is on screen with the same key. */
  readonly collapseKey: string | null;
  /** Take it off the screen then; do not show it later. */
  readonly expiresAt: Date | null;
  /** The whole frame, with members that this version does not know. */
  readonly raw: JsonObject;
}

/** Push `id` was called back: take it off the screen if it is there, then say so with `recalled`. */
export interface Cancel {
  readonly type: "cancel";
  readonly id: string;
}

/** What was missed has been sent, up to position `upto`; with `more`, the library goes on asking. */
export interface Resumed {
  readonly type: "resumed";
  readonly upto: string | null;
  readonly more: boolean;
  /** False: the terminal was away for longer than pushes are kept, so something may be missing. Load your state afresh. */
  readonly recovered: boolean;
}

/**
 * Something that was sent could not be done; the connection stays.
 *
 * `code` is one of the service's, or `gateway_error` for a frame that API Gateway itself sent, or one of the library's
 * own: `resume_stuck`, `token_unavailable`, `state_not_saved`, `acks_refused`.
 */
export interface ErrorFrame {
  readonly type: "error";
  readonly code: string;
  readonly detail: string;
}

/** The service is about to close the connection, and says why. */
export interface Bye {
  readonly type: "bye";
  readonly code: string;
  readonly reason: string;
  readonly reconnect: boolean;
  readonly retryAfterMs: number | null;
}

/** The answer to a ping. */
export interface Pong {
  readonly type: "pong";
}

/** A frame of no known type, such as the chat's `Echo: …`; `text` as it came. */
export interface Other {
  readonly type: "other";
  readonly text: string;
}

export type Frame = Push | Cancel | Resumed | ErrorFrame | Bye | Pong | Other;

/** The frame written as `text`. What is no known frame, or lacks a member it needs, is `Other`. */
export function parse(text: string): Frame {
  const raw = json(text);
  return (isObject(raw) ? typed(raw) : null) ?? { type: "other", text };
}

/** A text as JSON; undefined if it is none. */
export function json(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The frame that a JSON object is; null if it is none that is known, or lacks a member it needs. */
export function typed(raw: JsonObject): Frame | null {
  const { type } = raw;
  switch (type) {
    case "push":
      return push(raw);
    case "cancel": {
      const id = text(raw, "id");
      return id ? { type, id } : null;
    }
    case "pong":
      return { type };
    case "resumed":
      return {
        type,
        upto: text(raw, "upto"),
        more: raw["more"] === true,
        recovered: raw["recovered"] !== false,
      };
    case "error":
      return { type, code: text(raw, "code") ?? "error", detail: text(raw, "detail") ?? "" };
    case "bye":
      return {
        type,
        code: text(raw, "code") ?? "bye",
        reason: text(raw, "reason") ?? "",
        reconnect: raw["reconnect"] !== false,
        retryAfterMs: seconds(raw, "retry_after"),
      };
    case undefined:
    case null:
      // API Gateway's own error frames have no type.
      return "connectionId" in raw && "requestId" in raw
        ? { type: "error", code: "gateway_error", detail: text(raw, "message") ?? "" }
        : null;
    default:
      return null;
  }
}

function push(raw: JsonObject): Push | null {
  const id = text(raw, "id");
  const position = text(raw, "position");
  if (!id || !position) return null;
  return {
    type: "push",
    id,
    position,
    topic: text(raw, "topic") ?? "",
    message: raw["message"] ?? null,
    sentAt: moment(raw, "sent_at"),
    replayed: raw["replayed"] === true,
    ack: text(raw, "ack"),
    collapseKey: text(raw, "collapse_key"),
    expiresAt: moment(raw, "expires_at"),
    raw,
  };
}

function text(raw: JsonObject, member: string): string | null {
  const value = raw[member];
  return typeof value === "string" ? value : null;
}

function seconds(raw: JsonObject, member: string): number | null {
  const value = raw[member];
  return typeof value === "number" && value >= 0 ? value * 1_000 : null;
}

function moment(raw: JsonObject, member: string): Date | null {
  const written = text(raw, member);
  // Without an offset it would be read in the time zone of this machine.
  if (written === null || !/(Z|[+-]\d\d:\d\d)$/i.test(written)) return null;
  const value = new Date(written);
  return Number.isNaN(value.getTime()) ? null : value;
}

/** Ask for what was sent after `since`; null is "from now on". */
export function resume(since: string | null): string {
  return JSON.stringify({ action: "resume", since });
}

/** Say what became of some pushes. */
export function ack(ids: readonly string[], kind: AckKind, detail: string | null): string {
  return JSON.stringify({ action: "ack", ids, kind, ...(detail ? { detail } : {}) });
}

/** Ask for a pong. */
export function ping(): string {
  return JSON.stringify({ action: "ping" });
}

/** Extend the session with a newer token of the same user. */
export function refresh(token: string): string {
  return JSON.stringify({ action: "refresh", token });
}

/** Say something in the chat, 1 to 4,096 bytes; needs the scope `chat`. */
export function onMessage(message: string): string {
  return JSON.stringify({ action: "onMessage", message });
}
