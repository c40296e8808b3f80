/** How long to wait before the next attempt to connect. */

/** A number from 0 up to but not including 1, as `Math.random`. */
export type Random = () => number;

/** Longest wait that a server can ask for: a mistyped header must not silence a terminal for a week. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** A random number from a range. */
export function uniform(random: Random, [from, to]: readonly [number, number]): number {
  return from + (to - from) * random();
}

/**
 * Exponential backoff with full jitter: each wait is drawn from 0 to a bound that doubles up to `capMs`.
 *
 * Full jitter, since thousands of terminals lose their connections in the same moment, and API Gateway takes 500 new
 * ones a second per account (WebSocket quotas). The first bound is `baseMs`.
 */
export class Backoff {
  #attempt = 0;

  constructor(
    readonly baseMs: number,
    readonly capMs: number,
    private readonly random: Random,
  ) {}

  /** Milliseconds to wait now. What the server asked for, `retryAfterMs`, comes on top of the jitter. */
  nextMs(retryAfterMs: number | null = null): number {
    const boundMs = Math.min(this.capMs, this.baseMs * 2 ** Math.min(this.#attempt, 32));
    this.#attempt += 1;
    return askedMs(retryAfterMs) + uniform(this.random, [0, boundMs]);
  }

  /** Begin anew, after a connection that held. */
  reset(): void {
    this.#attempt = 0;
  }
}

/** How much of a server's `Retry-After` is heeded. */
export function askedMs(retryAfterMs: number | null): number {
  return Math.min(Math.max(0, retryAfterMs ?? 0), MAX_RETRY_AFTER_MS);
}
