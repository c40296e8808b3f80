/** Keeps a terminal's state up to date in its store. */

import type { Clock } from "./clock.js";
import { type Snapshot, type State, written } from "./state.js";

export class Saving {
  readonly #state: State;
  readonly #snapshot: () => Snapshot;
  readonly #failed: (detail: string) => void;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #saved: string | null = null;
  #isResting = false;
  #isDue = false;
  #wake: (() => void) | null = null;
  #running: Promise<void> = Promise.resolve();

  /** `failed` is told in words why a snapshot could not be kept. */
  constructor(
    state: State,
    options: { snapshot: () => Snapshot; failed: (detail: string) => void; clock: Clock; intervalMs: number },
  ) {
    this.#state = state;
    this.#snapshot = options.snapshot;
    this.#failed = options.failed;
    this.#clock = options.clock;
    this.#intervalMs = options.intervalMs;
  }

  /** Something may have changed: save soon, at most once in an interval. */
  due(): void {
    this.#isDue = true;
    if (this.#isResting) return;
    this.#isResting = true;
    this.#wake = this.#clock.after(this.#intervalMs, () => {
      this.#isResting = false;
      if (this.#isDue) this.due();
    });
    void this.now();
  }

  /** Save now what is not saved. With a store that answers at once, it is done when this returns. */
  now(): Promise<void> {
    this.#isDue = false;
    const snapshot = this.#snapshot();
    const text = written(snapshot);
    if (text === this.#saved) return this.#running;
    const before = this.#saved;
    this.#saved = text;
    const failed = (error: unknown) => {
      this.#saved = before;
      this.#failed(`the state could not be saved: ${error instanceof Error ? error.message : String(error)}`);
    };
    let saving: void | Promise<void>;
    try {
      saving = this.#state.save(snapshot);
    } catch (error) {
      failed(error);
      return this.#running;
    }
    this.#running = Promise.all([this.#running, saving]).then(() => undefined, failed);
    return this.#running;
  }

  /** Save for the last time. */
  async end(): Promise<void> {
    this.#isResting = true;
    this.#wake?.();
    await this.#running;
    await this.now();
  }
}
