/** A clock that stands still until a test moves it. */

import type { Clock } from "../src/clock.js";

const START_MS = 1_790_000_000_000;

interface Sleeper {
  readonly atMs: number;
  readonly call: () => void;
}

export class ManualClock implements Clock {
  #elapsedMs = 0;
  #sleepers: Sleeper[] = [];

  nowMs(): number {
    return START_MS + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const sleeper = { atMs: this.#elapsedMs + Math.max(0, delayMs), call };
    this.#sleepers.push(sleeper);
    return () => {
      this.#sleepers = this.#sleepers.filter(other => other !== sleeper);
    };
  }

  /** Let time pass. Who wakes on the way may sleep again. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    for (;;) {
      await settled();
      const next = this.#sleepers.reduce<Sleeper | null>(
        (first, other) => (other.atMs <= untilMs && (first === null || other.atMs < first.atMs) ? other : first),
        null,
      );
      if (next === null) break;
      this.#sleepers = this.#sleepers.filter(other => other !== next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.call();
    }
    this.#elapsedMs = untilMs;
    await settled();
  }
}

/** Until all that can run without time or network has run. */
export function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}
