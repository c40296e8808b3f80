/** Acks on their way: waiting to be sent, and sent but not yet known to have arrived. */

import { type AckKind, ack } from "./frames.js";

/** Most push ids in one ack frame: far under the 32 KB of a WebSocket frame on API Gateway. */
const MAX_IDS = 100;
/** Most acks that are kept while there is no connection; the oldest go first. */
const MAX_KEPT = 10_000;

/** What became of one push here. */
export interface Ack {
  readonly id: string;
  readonly kind: AckKind;
  readonly detail: string | null;
}

/** What became of some pushes, as one frame or one request can say it. */
export interface Told {
  readonly ids: readonly string[];
  readonly kind: AckKind;
  readonly detail: string | null;
}

/** Acks to be sent, each once, in the order they came. */
export class Waiting {
  readonly #acks = new Map<string, Ack>();

  add(one: Ack): void {
    this.#acks.set(keyOf(one), one);
    if (this.#acks.size > MAX_KEPT) {
      for (const oldest of this.#acks.keys()) {
        this.#acks.delete(oldest);
        break;
      }
    }
  }

  /** Acks that were sent on a connection that was then lost. */
  putBack(acks: Iterable<Ack>): void {
    for (const one of acks) this.add(one);
  }

  /** All that wait; they wait no more. */
  take(): Ack[] {
    const acks = [...this.#acks.values()];
    this.#acks.clear();
    return acks;
  }

  get size(): number {
    return this.#acks.size;
  }
}

/**
 * Acks sent on one connection.
 *
 * The service does not answer an ack, and a network that is gone swallows what is written to it for minutes. But
 * frames of one connection arrive in order: a pong says that all that was sent before its ping is there.
 */
export class Unconfirmed {
  #acks: Ack[] = [];
  #beforePing = 0;

  sent(acks: readonly Ack[]): void {
    this.#acks.push(...acks);
    const surplus = Math.max(0, this.#acks.length - MAX_KEPT);
    this.#acks.splice(0, surplus);
    this.#beforePing = Math.max(0, this.#beforePing - surplus);
  }

  pinged(): void {
    this.#beforePing = this.#acks.length;
  }

  ponged(): void {
    this.#acks.splice(0, this.#beforePing);
    this.#beforePing = 0;
  }

  /** These are there. */
  confirmed(told: Told): void {
    const there = new Set(told.ids.map(id => keyOf({ ...told, id })));
    this.#acks = this.#acks.filter(one => !there.has(keyOf(one)));
    this.#beforePing = 0;
  }

  /** What may have been lost with the connection. */
  take(): Ack[] {
    const acks = this.#acks;
    this.#acks = [];
    this.#beforePing = 0;
    return acks;
  }
}

/** These acks, one `Told` for each kind and detail, of at most `MAX_IDS` ids each. */
export function grouped(acks: Iterable<Ack>): Told[] {
  const groups = new Map<string, { kind: AckKind; detail: string | null; ids: string[] }>();
  for (const { id, kind, detail } of acks) {
    const key = JSON.stringify([kind, detail]);
    const group = groups.get(key) ?? { kind, detail, ids: [] };
    group.ids.push(id);
    groups.set(key, group);
  }
  const told: Told[] = [];
  for (const { kind, detail, ids } of groups.values()) {
    for (let start = 0; start < ids.length; start += MAX_IDS) {
      told.push({ ids: ids.slice(start, start + MAX_IDS), kind, detail });
    }
  }
  return told;
}

/** The frames that say these acks. */
export function written(acks: Iterable<Ack>): string[] {
  return grouped(acks).map(({ ids, kind, detail }) => ack(ids, kind, detail));
}

function keyOf({ id, kind, detail }: Ack): string {
  return JSON.stringify([id, kind, detail]);
}
