/**
 * Keeps a terminal connected: connects, replaces a connection before it grows too old, comes back after losses.
 *
 * Where no WebSocket gets through, the inbox takes its place, until one does.
 */

import { askedMs, Backoff, uniform } from "./backoff.js";
import { sleep } from "./clock.js";
import type { Connection } from "./connection.js";
import type { Connected, Disconnected } from "./events.js";
import type { Bye } from "./frames.js";
import { ABOUT_THE_TOKEN, openConnection } from "./handshake.js";
import { Inbox } from "./inbox.js";
import { Refused, Unreachable } from "./refusal.js";
import type { Ended, Served, Surroundings } from "./surroundings.js";
import { under, unlessAborted } from "./waiting.js";

/** Upgrades that fail in a row, as a proxy would make them, before the inbox is tried. */
const BLOCKED_AFTER = 2;

export class Lifeline {
  readonly #with: Surroundings;
  readonly #stopping = new AbortController();
  readonly #backoff: Backoff;
  readonly #open = new Set<Served>();
  #blocked = 0;
  #current: Connection | Inbox | null = null;
  #tryNow: (() => void) | null = null;

  constructor(surroundings: Surroundings) {
    this.#with = surroundings;
    this.#backoff = this.#newBackoff();
  }

  /** What is open now. */
  get connection(): Connection | Inbox | null {
    return this.#current;
  }

  /** Stay connected until `stop`. Rejects with `Refused` when it is of no use to go on. */
  async run(): Promise<void> {
    try {
      for (;;) {
        const ended = await this.#live(await this.#connected());
        if (ended.lastedMs >= this.#with.timing.stableAfterMs) this.#backoff.reset();
        if (ended.bye !== null) this.#heed(ended.bye);
        await this.#pause(ended.reason, ended.retryAfterMs);
      }
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    } finally {
      this.#current = null;
      await Promise.all([...this.#open].map(served => served.close()));
    }
  }

  /** Leave politely. `run` then ends. */
  stop(): void {
    this.#stopping.abort(new Unreachable("closed from this side"));
  }

  /** The network may be back: see whether the connection still works, or try to connect soon. */
  wake(): void {
    this.#current?.check();
    this.#tryNow?.();
  }

  #heed(bye: Bye): void {
    const { credentials } = this.#with;
    // With a provider, a session that ended with its token goes on with the next one.
    if (ABOUT_THE_TOKEN.has(bye.code) && credentials.renewable) {
      credentials.distrust();
    } else if (!bye.reconnect) {
      throw new Refused(bye.code, bye.reason);
    }
  }

  /** A new connection, however long that takes. */
  async #connected(): Promise<Connection | Inbox> {
    let mended = false;
    for (;;) {
      await this.#with.room(this.#stopping.signal);
      try {
        const served = await this.#openSomeWay();
        this.#tell({ type: "connected", renewed: false, by: served.by });
        if (served.by === "inbox") served.start();
        return served;
      } catch (error) {
        if (!(error instanceof Unreachable) || this.#stopping.signal.aborted) throw error;
        if (error.atOnce && !mended) {
          mended = true;
        } else {
          await this.#pause(error.message, error.retryAfterMs);
        }
      }
    }
  }

  /** A WebSocket, or the inbox if that was blocked again and again. */
  async #openSomeWay(): Promise<Connection | Inbox> {
    const { signal } = this.#stopping;
    try {
      return await this.#openWebSocket(signal);
    } catch (error) {
      const isBlocked = this.#blocked >= BLOCKED_AFTER && !this.#with.credentials.areTickets;
      if (!(error instanceof Unreachable) || signal.aborted || !isBlocked) throw error;
      try {
        return this.#keep(await Inbox.open(this.#with, signal));
      } catch (worse) {
        if (!(worse instanceof Unreachable) || signal.aborted) throw worse;
        const { retryAfterMs, atOnce } = worse;
        throw new Unreachable(`no WebSocket: ${error.message}; no inbox: ${worse.message}`, { retryAfterMs, atOnce });
      }
    }
  }

  /** Wait for a connection, or the last of those that take its place, to end. */
  async #live(first: Connection | Inbox): Promise<Ended> {
    let current = first;
    for (;;) {
      this.#current = current;
      const renewal = under(this.#stopping.signal);
      const renewing =
        current.by === "inbox" ? this.#webSocketAgain(renewal.signal) : this.#replacement(renewal.signal);
      let next: Connection | Ended | null = null;
      try {
        next = await Promise.race([renewing, current.ended]);
      } finally {
        this.#current = null;
        renewal.abort(new Unreachable("not needed any more"));
        // Also if it was ready in the very moment in which the old one ended.
        renewing.then(
          served => (served === next ? undefined : served.close()),
          () => undefined,
        );
      }
      if (!("by" in next)) return next;
      // Only now, with the new one resumed: whatever comes meanwhile comes by one of the two.
      void current.close();
      current = next;
      this.#tell({ type: "connected", renewed: true, by: current.by });
    }
  }

  /** The connection that takes over when this one is old, open and resumed. */
  async #replacement(signal: AbortSignal): Promise<Connection> {
    const { clock, random, timing } = this.#with;
    const backoff = this.#newBackoff();
    let waitMs = uniform(random, timing.renewAfterMs);
    for (;;) {
      await sleep(clock, waitMs, signal);
      try {
        return await this.#openResumed(signal);
      } catch (error) {
        if (signal.aborted) throw error;
        if (error instanceof Unreachable) {
          waitMs = backoff.nextMs(error.retryAfterMs);
        } else if (error instanceof Refused) {
          // The old connection is still good; what refuses now is asked again when that one has ended.
          waitMs = backoff.capMs;
        } else {
          throw error;
        }
      }
    }
  }

  /** The WebSocket that takes over from the inbox as soon as one gets through, open and resumed. */
  async #webSocketAgain(signal: AbortSignal): Promise<Connection> {
    const { clock, random, timing } = this.#with;
    for (;;) {
      await sleep(clock, uniform(random, timing.websocketAgainMs), signal);
      try {
        return await this.#openResumed(signal);
      } catch (error) {
        // The inbox goes on; if it is the terminal that is refused, it will hear so itself.
        if (signal.aborted || !(error instanceof Unreachable || error instanceof Refused)) throw error;
      }
    }
  }

  /** A WebSocket that has resumed. Rejects with `Refused`, or `Unreachable` also if it ended before that. */
  async #openResumed(signal: AbortSignal): Promise<Connection> {
    const connection = await this.#openWebSocket(signal);
    const tooSoon = connection.ended.then(({ reason }) => Promise.reject(new Unreachable(reason)));
    try {
      await unlessAborted(Promise.race([connection.resumed, tooSoon]), signal);
    } catch (error) {
      void connection.close();
      throw error;
    } finally {
      tooSoon.catch(() => undefined);
    }
    return connection;
  }

  /** A WebSocket, open. Notes whether it may be that none gets through. */
  async #openWebSocket(signal: AbortSignal): Promise<Connection> {
    try {
      const connection = this.#keep(await openConnection(this.#with, signal));
      this.#blocked = 0;
      return connection;
    } catch (error) {
      if (error instanceof Unreachable && !signal.aborted) this.#blocked = error.blocked ? this.#blocked + 1 : 0;
      throw error;
    }
  }

  #keep<S extends Served>(served: S): S {
    this.#open.add(served);
    const forget = () => this.#open.delete(served);
    served.ended.then(forget, forget);
    return served;
  }

  /** Wait before the next attempt; `wake` shortens it, but not what the service asked for. */
  async #pause(reason: string, retryAfterMs: number | null): Promise<void> {
    const { clock, random, timing } = this.#with;
    const { signal } = this.#stopping;
    const waitMs = this.#backoff.nextMs(retryAfterMs);
    const endsAtMs = clock.monotonicMs() + waitMs;
    const notBeforeMs = clock.monotonicMs() + askedMs(retryAfterMs);
    const waking = under(signal);
    this.#tryNow = () => waking.abort();
    this.#tell({ type: "disconnected", reason, retryInMs: waitMs });
    try {
      await sleep(clock, waitMs, waking.signal);
    } catch (error) {
      if (signal.aborted) throw error;
      // With jitter again: the network came back for many at once.
      const soonMs = Math.max(0, notBeforeMs - clock.monotonicMs()) + uniform(random, [0, timing.backoffBaseMs]);
      this.#tryNow = null;
      await sleep(clock, Math.min(soonMs, Math.max(0, endsAtMs - clock.monotonicMs())), signal);
    } finally {
      this.#tryNow = null;
      waking.abort();
    }
  }

  #tell(event: Connected | Disconnected): void {
    this.#with.session.tell(event);
    this.#with.told();
  }

  #newBackoff(): Backoff {
    const { backoffBaseMs, backoffCapMs } = this.#with.timing;
    return new Backoff(backoffBaseMs, backoffCapMs, this.#with.random);
  }
}
