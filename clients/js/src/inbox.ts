/**
 * The way round a proxy that lets no WebSocket through: long polls of `GET /v1/inbox`, with the same token.
 *
 * What comes is handled as on a WebSocket: the session drops doubles, remembers how far it came, and says what to ack.
 */

import { grouped } from "./acknowledgements.js";
import { sleep } from "./clock.js";
import { Conversation } from "./conversation.js";
import { isObject, type JsonObject, type JsonValue, typed } from "./frames.js";
import { consequence } from "./handshake.js";
import { type Answer, ask, type Question, type Refusal, refusalOf, Unanswered } from "./http.js";
import { Refused, Unreachable } from "./refusal.js";
import type { Ended, Served, Surroundings } from "./surroundings.js";
import { deferred, unlessAborted } from "./waiting.js";

/** Shortest long poll, where something on the way cuts longer ones off. */
const LEAST_WAIT_MS = 5_000;

interface Page {
  readonly items: readonly JsonValue[];
  /** The rest of the answer, as the frame that ends a replay on a WebSocket. */
  readonly end: JsonObject;
}

/** Polls for one terminal. */
export class Inbox implements Served {
  readonly by = "inbox";
  readonly #with: Surroundings;
  readonly #conversation: Conversation;
  readonly #over = new AbortController();
  readonly #ended = deferred<Ended>();
  readonly #openedAtMs: number;
  #waitMs: number;
  #first: Page | null = null;
  #acking: (() => void) | null = null;
  /** Requests that say acks, one after the other. */
  #saying: Promise<void> = Promise.resolve();

  private constructor(surroundings: Surroundings) {
    this.#with = surroundings;
    this.#conversation = new Conversation(surroundings.session, { polling: true });
    this.#openedAtMs = surroundings.clock.monotonicMs();
    this.#waitMs = surroundings.timing.inboxWaitMs;
    // Whoever waits for it hears of a refusal; nobody has to wait for it.
    this.#ended.promise.catch(() => undefined);
  }

  /**
   * An inbox whose first poll, which waits for nothing, was answered; `start` goes on.
   *
   * Rejects with `Refused` for good, `Unreachable` for now, or the signal's reason.
   */
  static async open(surroundings: Surroundings, signal: AbortSignal): Promise<Inbox> {
    const inbox = new Inbox(surroundings);
    inbox.#first = await inbox.#poll(0, signal);
    return inbox;
  }

  get ended(): Promise<Ended> {
    return this.#ended.promise;
  }

  /** Take in what the first poll brought, and poll on. */
  start(): void {
    if (this.#first !== null) this.#keepPolling(this.#first).catch((error: unknown) => this.#end(error));
    this.#first = null;
  }

  flush(): void {
    if (this.#over.signal.aborted || this.#acking !== null || !this.#conversation.acksDue) return;
    this.#acking = this.#with.clock.after(this.#with.timing.ackDelayMs, () => this.flushNow());
  }

  flushNow(): void {
    if (this.#over.signal.aborted) return;
    this.#acking?.();
    this.#acking = null;
    this.#saying = this.#saying.then(() => this.#say()).catch((error: unknown) => this.#end(error));
  }

  /** Each poll finds out by itself. */
  check(): void {}

  async close(): Promise<void> {
    this.#end(new Unreachable("closed from this side"));
    await this.#ended.promise.catch(() => undefined);
  }

  /** Polls until it does not go on; always rejects. */
  async #keepPolling(first: Page): Promise<never> {
    const { clock, timing } = this.#with;
    const { signal } = this.#over;
    let beganAtMs = this.#openedAtMs;
    let news = this.#take(first);
    for (;;) {
      // Not again at once, should the service answer without waiting.
      if (!news) await sleep(clock, Math.max(0, beganAtMs + timing.inboxPauseMs - clock.monotonicMs()), signal);
      await this.#with.room(signal);
      beganAtMs = clock.monotonicMs();
      news = this.#take(await this.#pollPatiently(signal));
    }
  }

  async #pollPatiently(signal: AbortSignal): Promise<Page> {
    try {
      return await this.#poll(this.#waitMs, signal);
    } catch (error) {
      if (!(error instanceof Unreachable) || error.retryAfterMs !== null) throw error;
      // A poll that waits is cut off by some proxies. One that does not, tells whether the service is there.
      this.#waitMs = Math.max(LEAST_WAIT_MS, Math.floor(this.#waitMs / 2_000) * 1_000);
      return this.#poll(0, signal);
    }
  }

  async #poll(waitMs: number, signal: AbortSignal): Promise<Page> {
    const { address, timing } = this.#with;
    if (!this.#conversation.resuming || this.#conversation.since === null) this.#conversation.opened();
    const query: Record<string, string> = { wait: String(waitMs / 1_000) };
    if (this.#conversation.since !== null) query["since"] = this.#conversation.since;
    const url = address.inboxUrl("", query);
    const answer = await this.#asked({ method: "GET", url, timeoutMs: waitMs + timing.openTimeoutMs, signal });
    if (!answer.ok) throw unreachable(refusalOf(answer));
    const { body } = answer;
    const items = isObject(body) ? body["items"] : null;
    if (!isObject(body) || !Array.isArray(items)) throw new Unreachable("what answered is no inbox");
    const { upto = null, more = null, recovered = null } = body;
    return { items, end: { type: "resumed", upto, more, recovered } };
  }

  /** Take in what came; whether the application has anything of it, or there is more. */
  #take({ items, end }: Page): boolean {
    const before = this.#with.session.waiting;
    for (const item of items) {
      const known = isObject(item) ? typed(item) : null;
      this.#conversation.took(known ?? { type: "other", text: JSON.stringify(item) });
    }
    const told = this.#with.session.waiting > before;
    const ending = typed(end);
    if (ending !== null) this.#conversation.took(ending);
    this.flush();
    this.#with.told();
    return told || this.#conversation.resuming;
  }

  /** Send the acks that are due; the answers confirm them. */
  async #say(signal?: AbortSignal): Promise<void> {
    const { address, session, timing } = this.#with;
    for (const told of grouped(this.#conversation.due())) {
      const body = { ids: [...told.ids], kind: told.kind, ...(told.detail ? { detail: told.detail } : {}) };
      const url = address.inboxUrl("/acks", {});
      const answer = await this.#asked({ method: "POST", url, body, timeoutMs: timing.openTimeoutMs, signal });
      this.#conversation.confirmed(told);
      if (!answer.ok) {
        // As on a WebSocket: what is refused is told, and not said again.
        const { code, detail } = refusalOf(answer);
        session.tell({ type: "error", code: "acks_refused", detail: `${code}: ${detail}` });
        this.#with.told();
      }
    }
  }

  /**
   * The answer to a request: a success, or that the request makes no sense.
   *
   * Rejects with `Refused` for good, `Unreachable` for now.
   */
  async #asked(question: Omit<Question, "token">): Promise<Answer> {
    const { credentials } = this.#with;
    const token = await credentials.token();
    let answer: Answer;
    try {
      answer = await ask(this.#with, { ...question, token });
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      throw new Unreachable(`no answer from the inbox: ${error.message}`, { cause: error });
    }
    const { status } = answer;
    const refusal = refusalOf(answer);
    const isForbidden = status === 401 || status === 403;
    // Without a code it is not the service that refuses.
    if (isForbidden && refusal.code !== `http_${status}`) throw await consequence(refusal, credentials, token);
    if (isForbidden || status === 408 || status === 429 || status >= 500) throw unreachable(refusal);
    return answer;
  }

  /** It is over because of `error`: break off the poll, and send the acks that are due. */
  #end(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(error);
    this.#acking?.();
    // What was on its way when it was broken off is said once more.
    this.#conversation.closed({ clean: false });
    void this.#sayLast().then(() => {
      this.#conversation.closed({ clean: false });
      if (error instanceof Unreachable) {
        const lastedMs = this.#with.clock.monotonicMs() - this.#openedAtMs;
        this.#ended.resolve({ reason: error.message, lastedMs, bye: null, retryAfterMs: error.retryAfterMs });
      } else {
        this.#ended.reject(error);
      }
    });
  }

  async #sayLast(): Promise<void> {
    const limit = new AbortController();
    const callOff = this.#with.clock.after(this.#with.timing.closeTimeoutMs, () => limit.abort());
    try {
      await unlessAborted(this.#say(limit.signal), limit.signal);
    } catch (error) {
      // They are unconfirmed, and go another way.
      if (!limit.signal.aborted && !(error instanceof Unreachable) && !(error instanceof Refused)) throw error;
    } finally {
      callOff();
    }
  }
}

function unreachable({ code, detail, status, retryAfterMs }: Refusal): Unreachable {
  return new Unreachable(`the inbox answered ${code}: ${detail || `status ${status}`}`, { retryAfterMs });
}
