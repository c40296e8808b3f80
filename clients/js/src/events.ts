/** What an application can be told, as a union that `type` tells apart. */

import type { Bye, Cancel, ErrorFrame, Other, Push, Resumed } from "./frames.js";

/** How a terminal is connected: by a WebSocket, or by long polls of `GET /v1/inbox`. */
export type Way = "websocket" | "inbox";

/**
 * `push` was shown before, asks to be read, was not, and has been sent again: alert the person once more.
 *
 * It is the same push (`push.id`); do not show it a second time.
 */
export interface Reminder {
  readonly type: "reminder";
  readonly push: Push;
}

/** A connection is open. */
export interface Connected {
  readonly type: "connected";
  /** It takes the place of one that was still open. */
  readonly renewed: boolean;
  /** `inbox` where no WebSocket gets through, and pushes are fetched over HTTP instead. */
  readonly by: Way;
}

/** There is no connection now; `reason` says why, in words. The next attempt follows in `retryInMs` at the latest. */
export interface Disconnected {
  readonly type: "disconnected";
  readonly reason: string;
  readonly retryInMs: number;
}

/** The last event: the service will not have this terminal any more. `detail` is a sentence for the person. */
export interface RefusedEvent {
  readonly type: "refused";
  readonly code: string;
  readonly detail: string;
}

export type TerminalEvent =
  | Push
  | Reminder
  | Cancel
  | Resumed
  | ErrorFrame
  | Bye
  | Other
  | Connected
  | Disconnected
  | RefusedEvent;

/** The event of one type. */
export type EventOf<T extends TerminalEvent["type"]> = Extract<TerminalEvent, { type: T }>;
