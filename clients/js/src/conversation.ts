/** One connection's part of a session: what to send on what. No I/O. */

import { type Ack, type Told, Unconfirmed, Waiting, written } from "./acknowledgements.js";
import { type Bye, type Frame, type Push, parse, ping, type Resumed, resume } from "./frames.js";
import type { Session } from "./session.js";

const POSITION = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/**
 * While a resume is under way, a live push does not move `since`: were the connection lost then, the pushes between
 * the replayed ones and the live one would never be asked for.
 *
 * With `polling`, as on the inbox, each poll is a resume: the end of one is told the first time only, and when
 * something may be missing.
 */
export class Conversation {
  readonly #session: Session;
  readonly #polling: boolean;
  readonly #acks = new Waiting();
  readonly #unconfirmed = new Unconfirmed();
  #hasResumed = false;
  #resuming = true;
  #askedSince: string | null = null;
  #newest: string | null = null;
  #bye: Bye | null = null;

  constructor(session: Session, { polling = false }: { polling?: boolean } = {}) {
    this.#session = session;
    this.#polling = polling;
  }

  /** Whether a resume is under way. */
  get resuming(): boolean {
    return this.#resuming;
  }

  /** What the service said before it closes the connection, if it did. */
  get bye(): Bye | null {
    return this.#bye;
  }

  /** What the resume that is under way asks for: what came after this; null is from now on. */
  get since(): string | null {
    return this.#askedSince;
  }

  /** The frames to send when the connection has opened. */
  opened(): string[] {
    return [this.#resume(this.#session.since)];
  }

  /** Take in a frame as it came; the frames to send at once in answer. */
  received(text: string): string[] {
    return this.took(parse(text));
  }

  /** Take in a frame; the frames to send at once in answer. */
  took(frame: Frame): string[] {
    switch (frame.type) {
      case "push":
        this.#push(frame);
        return [];
      case "cancel":
        this.#session.cancel(frame);
        return [];
      case "resumed":
        return this.#resumed(frame);
      case "pong":
        this.#unconfirmed.ponged();
        return [];
      case "bye":
        this.#bye = frame;
        this.#session.tell(frame);
        return [];
      case "error":
      case "other":
        this.#session.tell(frame);
        return [];
    }
  }

  /** Whether there are acks to send. */
  get acksDue(): boolean {
    return this.#acks.size > 0 || this.#session.acks.size > 0;
  }

  /** The ack frames to send now. */
  acks(): string[] {
    return written(this.due());
  }

  /**
   * The acks to send now; they are unconfirmed until a pong, or `confirmed`.
   *
   * What came on this connection is acked on it, since the service keeps receipts by connection; what the application
   * says goes by any.
   */
  due(): Ack[] {
    const acks = [...this.#acks.take(), ...this.#session.acks.take()];
    this.#unconfirmed.sent(acks);
    return acks;
  }

  /** These acks were answered, and so are there. */
  confirmed(told: Told): void {
    this.#unconfirmed.confirmed(told);
  }

  /** The ping to send now. */
  ping(): string {
    this.#unconfirmed.pinged();
    return ping();
  }

  /** The connection is over. Not `clean`: without a closing handshake, what was sent last may be lost. */
  closed({ clean }: { clean: boolean }): void {
    const unconfirmed = this.#unconfirmed.take();
    if (!clean) this.#session.acks.putBack(unconfirmed);
    this.#session.acks.putBack(this.#acks.take());
  }

  #push(push: Push): void {
    // "From now on" began when this connection was filed; its first push is the oldest that counts.
    if (!this.#resuming || this.#session.since === null) {
      this.#session.reached(push.position);
    } else if (this.#newest === null || push.position > this.#newest) {
      this.#newest = push.position;
    }
    const kind = this.#session.push(push);
    if (kind !== null) this.#acks.add({ id: push.id, kind, detail: null });
  }

  #resumed(resumed: Resumed): string[] {
    if (!this.#resuming) return [];
    let answer: string[] = [];
    const stuck = resumed.more && (resumed.upto === null || resumed.upto === this.#askedSince);
    if (resumed.more && !stuck) {
      // What is no position, nor a bookmark that begins with one, has no place in their order.
      if (resumed.upto !== null && POSITION.test(resumed.upto)) this.#session.reached(resumed.upto);
      answer = [this.#resume(resumed.upto)];
    } else {
      this.#resuming = false;
      this.#session.reached(resumed.upto);
      this.#session.reached(this.#newest);
    }
    if (!this.#polling || !resumed.recovered || !(this.#hasResumed || resumed.more)) this.#session.tell(resumed);
    this.#hasResumed ||= !resumed.more;
    if (stuck) {
      const detail = "the service says there is more to resume but does not move on; something may be missing";
      this.#session.tell({ type: "error", code: "resume_stuck", detail });
    }
    return answer;
  }

  #resume(since: string | null): string {
    this.#resuming = true;
    this.#askedSince = since;
    return resume(since);
  }
}
