/** What the connections of one terminal share. */

import type { Address } from "./address.js";
import type { Random } from "./backoff.js";
import type { Clock } from "./clock.js";
import type { Credentials } from "./credentials.js";
import type { Way } from "./events.js";
import type { Bye } from "./frames.js";
import type { Fetch } from "./http.js";
import type { Session } from "./session.js";
import type { SocketClass } from "./socket.js";

/**
 * How long a terminal waits for what, in milliseconds.
 *
 * `pingIntervalMs` must stay under API Gateway's 10 minutes of idleness, `renewAfterMs` (a range that the moment is
 * drawn from) under its 2 hours of connection life (WebSocket quotas). `ackDelayMs` lets acks share a frame. A
 * connection that held for `stableAfterMs` ends the backoff.
 *
 * On the inbox, a poll waits for `inboxWaitMs`, and polls that bring nothing begin at least `inboxPauseMs` apart; the
 * WebSocket is tried again after `websocketAgainMs` (a range), and after as long once more when that fails.
 */
export interface Timing {
  readonly openTimeoutMs: number;
  readonly closeTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  readonly resumeTimeoutMs: number;
  readonly renewAfterMs: readonly [number, number];
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  readonly stableAfterMs: number;
  readonly ackDelayMs: number;
  readonly saveIntervalMs: number;
  readonly inboxWaitMs: number;
  readonly inboxPauseMs: number;
  readonly websocketAgainMs: readonly [number, number];
}

export const TIMING: Timing = {
  openTimeoutMs: 10_000,
  closeTimeoutMs: 5_000,
  pingIntervalMs: 300_000,
  pongTimeoutMs: 15_000,
  resumeTimeoutMs: 45_000,
  renewAfterMs: [90 * 60_000, 115 * 60_000],
  backoffBaseMs: 1_000,
  backoffCapMs: 60_000,
  stableAfterMs: 60_000,
  ackDelayMs: 50,
  saveIntervalMs: 1_000,
  inboxWaitMs: 25_000,
  inboxPauseMs: 2_000,
  websocketAgainMs: [120_000, 300_000],
};

export interface Surroundings {
  readonly address: Address;
  readonly session: Session;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly WebSocket: SocketClass;
  /** There are new events in the session. */
  told(): void;
  /** Whether the application has fallen so far behind that no more should be read. */
  isFull(): boolean;
  /** Waits until it has caught up. */
  room(signal: AbortSignal): Promise<void>;
}

/** Why a connection is over, in words. */
export interface Ended {
  readonly reason: string;
  readonly lastedMs: number;
  /** If the service said so itself. */
  readonly bye: Bye | null;
  /** How long the service asked to be left alone. */
  readonly retryAfterMs: number | null;
}

/** A way to the service that is open: a WebSocket, or the inbox. */
export interface Served {
  readonly by: Way;
  /** Resolves when it is over; never rejects but by a `Refused`. */
  readonly ended: Promise<Ended>;
  /** Send the acks that are due, soon. */
  flush(): void;
  /** Send the acks that are due, now. */
  flushNow(): void;
  /** Something may have happened to the network: make sure that it still works, if nothing was heard for so long. */
  check(silentForMs?: number): void;
  /** Leave: acks that are due are sent first. Resolves when it is over. */
  close(): Promise<void>;
}
