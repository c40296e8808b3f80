/** The token a terminal shows: given once as text, or asked of a provider when a fresh one is needed. */

import { type Random, uniform } from "./backoff.js";
import type { Clock } from "./clock.js";
import { isObject, json } from "./frames.js";
import { Refused, Unreachable } from "./refusal.js";

/** Returns a fresh token, or a fresh ticket. To end the terminal for good, throw `Refused`. */
export type Provider = () => string | Promise<string>;

/** A token of a provider that ends sooner than this is not used for a new connection. */
const FRESH_FOR_MS = 60_000;
const LEAST_REFRESH_MS = 5_000;

/** The token to use now. A provider is asked only when the last token ends soon or was refused; for tickets each time. */
export class Credentials {
  /** Tickets open one socket each, and nothing else: what a token is for besides cannot be done with them. */
  readonly areTickets: boolean;
  readonly #provider: Provider | null;
  readonly #clock: Clock;
  #token: string | null;

  constructor(clock: Clock, given: { token: string | Provider } | { ticket: Provider }) {
    const source = "ticket" in given ? given.ticket : given.token;
    this.areTickets = "ticket" in given;
    this.#provider = typeof source === "string" ? null : source;
    this.#token = typeof source === "string" ? source : null;
    this.#clock = clock;
  }

  /** Whether there is a provider. */
  get renewable(): boolean {
    return this.#provider !== null;
  }

  /** What to show on a new connection. Rejects with `Unreachable` if none can be had, or with a provider's `Refused`. */
  async token(): Promise<string> {
    if (this.#token === null || this.areTickets) return this.fresh();
    if (this.#provider === null) return this.#token;
    const expiresAtMs = expiresAtMsOf(this.#token);
    return expiresAtMs !== null && expiresAtMs - this.#clock.nowMs() < FRESH_FOR_MS ? this.fresh() : this.#token;
  }

  /** A token asked of the provider now; the same as ever if there is none. Rejects as `token` does. */
  async fresh(): Promise<string> {
    if (this.#provider !== null) this.#token = await asked(this.#provider, this.areTickets ? "ticket" : "token");
    return this.#token ?? "";
  }

  /** The token was refused: ask for another before the next connection, if there is a provider. */
  distrust(): void {
    if (this.#provider !== null) this.#token = null;
  }
}

/** What a provider of tokens or tickets returns. Rejects with `Unreachable`, or with the provider's own `Refused`. */
async function asked(provider: Provider, what: "token" | "ticket"): Promise<string> {
  let answer: unknown;
  try {
    answer = await provider();
  } catch (error) {
    if (error instanceof Refused) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : "something that is no Error";
    throw new Unreachable(`the ${what} provider threw ${reason}`, { cause: error });
  }
  if (typeof answer !== "string") throw new Unreachable(`the ${what} provider returned ${typeof answer}, not text`);
  return answer;
}

/** The `exp` of a JWT (RFC 7519 §4.1.4), read without verifying it; null if it cannot be read. */
export function expiresAtMsOf(token: string): number | null {
  const parts = token.split(".");
  const payload = parts[1];
  if (payload === undefined || parts.length !== 3) return null;
  let claims: string;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), byte => byte.charCodeAt(0));
    claims = new TextDecoder().decode(bytes);
  } catch {
    // It is opaque, as some tokens are.
    return null;
  }
  const value = json(claims);
  const expiresAt = isObject(value) ? value["exp"] : null;
  return typeof expiresAt === "number" ? expiresAt * 1_000 : null;
}

/**
 * Milliseconds until a token that ends in `remainingMs` should be replaced; null when it is too late for that.
 *
 * At a random moment in its last fifth, at most 10 minutes and at least 5 seconds before its end: not all terminals at
 * once, and time for a second try.
 */
export function refreshInMs(remainingMs: number, random: Random): number | null {
  if (remainingMs <= LEAST_REFRESH_MS) return null;
  const marginMs = Math.min(600_000, remainingMs / 5) * uniform(random, [0.5, 1]);
  return Math.max(0, remainingMs - Math.max(marginMs, LEAST_REFRESH_MS));
}
