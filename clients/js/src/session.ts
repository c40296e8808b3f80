/** What a terminal knows, whatever its connections do. No I/O. */

import { type Ack, Waiting } from "./acknowledgements.js";
import type { TerminalEvent } from "./events.js";
import type { AckKind, Cancel, Push } from "./frames.js";
import { Seen } from "./seen.js";
import type { Snapshot } from "./state.js";

/** How many push ids are kept to recognise doubles. */
const REMEMBERED = 10_000;

interface Queued {
  readonly event: TerminalEvent;
  /** The session's position once this event has been handled, and with it all that came before. */
  readonly since: string | null;
  /** Of a reminder: the position at which its push had come before. */
  readonly remindedAt: string | null;
}

/**
 * A session lasts as long as the terminal; each of its connections is a `Conversation`. Two of them may be open at
 * once, while a new connection takes over from an old one.
 */
export class Session {
  /** What the application says became of pushes; goes by any connection. */
  readonly acks = new Waiting();
  #since: string | null;
  readonly #remember: number;
  readonly #seen: Seen;
  readonly #cancelled: Seen;
  readonly #read: Seen;
  readonly #unread: Map<string, string>;
  #queue: Queued[] = [];
  #inHand: Queued | null = null;
  #handledSince: string | null;

  constructor(snapshot: Snapshot, remember: number = REMEMBERED) {
    this.#since = this.#handledSince = snapshot.since;
    this.#remember = remember;
    this.#seen = new Seen(snapshot.seen, remember);
    this.#cancelled = new Seen([], remember);
    this.#read = new Seen([], remember);
    this.#unread = new Map(Object.entries(snapshot.unread));
  }

  /** The position up to which nothing can be missing. It never goes back. */
  get since(): string | null {
    return this.#since;
  }

  /** How many events wait for the application. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** The next event for the application, in order; null if there is none. What it had before is handled. */
  take(): TerminalEvent | null {
    this.handled();
    this.#inHand = this.#queue.shift() ?? null;
    return this.#inHand?.event ?? null;
  }

  /** The application is done with the event it took last. */
  handled(): void {
    if (this.#inHand !== null) this.#handledSince = this.#inHand.since;
    this.#inHand = null;
  }

  /** What to remember: as if pushes that the application has not handled yet had not come. */
  snapshot(): Snapshot {
    const unhandled = this.#inHand === null ? this.#queue : [this.#inHand, ...this.#queue];
    const ids = new Set(unhandled.flatMap(({ event }) => (event.type === "push" ? [event.id] : [])));
    const unread = new Map([...this.#unread].filter(([id]) => !ids.has(id)));
    for (const { event, remindedAt } of [...unhandled].reverse()) {
      if (event.type === "reminder" && remindedAt !== null && unread.has(event.push.id)) {
        unread.set(event.push.id, remindedAt);
      }
    }
    return {
      since: unhandled.length > 0 ? this.#handledSince : this.#since,
      seen: [...this.#seen].filter(id => !ids.has(id)),
      unread: Object.fromEntries(unread),
    };
  }

  /** Queue an event for the application. */
  tell(event: TerminalEvent): void {
    this.#queue.push({ event, since: this.#since, remindedAt: null });
  }

  /**
   * Show a push, unless it was shown or called back before; the ack that is due, if one was asked for.
   *
   * One that is sent again because it was not read comes at another position than before.
   */
  push(push: Push): AckKind | null {
    const isNew = this.#seen.add(push.id);
    const calledBack = this.#cancelled.has(push.id);
    if (!calledBack) {
      if (isNew) this.tell(push);
      this.#remind(push, isNew);
    }
    if (push.ack === null) return null;
    if (isNew && calledBack) return "recalled";
    // For doubles too: what brought the double may be that the first ack was lost.
    return push.ack === "read" && this.#read.has(push.id) ? "read" : "received";
  }

  /** What the application says became of a push. */
  acknowledge(ack: Ack): void {
    if (ack.kind === "read") this.#read.add(ack.id);
    if (ack.kind === "read" || ack.kind === "recalled") this.#unread.delete(ack.id);
    this.acks.add(ack);
  }

  /** Call a push back: one that waits is never shown, for one that was shown the application is told. */
  cancel(cancel: Cancel): void {
    if (!this.#cancelled.add(cancel.id)) return;
    this.#unread.delete(cancel.id);
    const waiting = this.#queue.find(({ event }) => event.type === "push" && event.id === cancel.id);
    this.#queue = this.#queue.filter(({ event }) => !isOf(event, cancel.id));
    if (waiting === undefined) {
      this.tell(cancel);
    } else if (waiting.event.type === "push" && waiting.event.ack !== null) {
      this.acks.add({ id: cancel.id, kind: "recalled", detail: null });
    }
  }

  /** Everything up to `position` is here. */
  reached(position: string | null): void {
    if (position !== null && (this.#since === null || position > this.#since)) this.#since = position;
  }

  /** Note at which position a push that asks to be read came, and remind of it if it came before. */
  #remind(push: Push, isNew: boolean): void {
    const before = this.#unread.get(push.id);
    if (isNew && push.ack === "read") {
      this.#unread.set(push.id, push.position);
      for (const oldest of this.#unread.keys()) {
        if (this.#unread.size <= this.#remember) break;
        this.#unread.delete(oldest);
      }
    } else if (!isNew && before !== undefined && push.position > before) {
      this.#unread.set(push.id, push.position);
      if (!this.#queue.some(({ event }) => isOf(event, push.id))) {
        this.#queue.push({ event: { type: "reminder", push }, since: this.#since, remindedAt: before });
      }
    }
  }
}

/** Whether an event shows a push, or reminds of it. */
function isOf(event: TerminalEvent, id: string): boolean {
  return event.type === "reminder" ? event.push.id === id : event.type === "push" && event.id === id;
}
