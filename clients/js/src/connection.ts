/** One WebSocket of a terminal: reads, acks, keeps alive, and refreshes its token until it ends. */

import { Conversation } from "./conversation.js";
import { expiresAtMsOf, refreshInMs } from "./credentials.js";
import { onMessage, refresh } from "./frames.js";
import type { CloseLike, MessageLike, Socket } from "./socket.js";
import type { Ended, Served, Surroundings } from "./surroundings.js";
import { deferred } from "./waiting.js";

const NORMAL = 1_000;
const GOING_AWAY = 1_001;
/** Silence after which a network that may have changed is asked whether it is there. */
const CHECK_AFTER_MS = 5_000;
/** A resume that was not answered is looked at again at least so much later. */
const LEAST_RESUME_WATCH_MS = 1_000;

type Timer = "acks" | "alive" | "pong" | "resume" | "fresh" | "closing";

export class Connection implements Served {
  readonly by = "websocket";
  readonly #socket: Socket;
  readonly #with: Surroundings;
  readonly #conversation: Conversation;
  readonly #timers = new Map<Timer, () => void>();
  readonly #opened = deferred<boolean>();
  readonly #resumed = deferred<void>();
  readonly #ended = deferred<Ended>();
  #token: string | null;
  #state: "connecting" | "open" | "closing" | "over" = "connecting";
  #reason = "closed from this side";
  #openedAtMs = 0;
  #heardAtMs = 0;

  /** Takes over a socket that is about to open. `token` is what it shows; null if that is a ticket. */
  constructor(socket: Socket, token: string | null, surroundings: Surroundings) {
    this.#socket = socket;
    this.#token = token;
    this.#with = surroundings;
    this.#conversation = new Conversation(surroundings.session);
    socket.onopen = () => this.#open();
    socket.onmessage = ({ data }: MessageLike) => this.#received(data);
    socket.onclose = (event: CloseLike) => this.#closed(event);
    // It tells nothing, in browsers on purpose, and a close event follows.
    socket.onerror = () => undefined;
  }

  /** Whether the handshake succeeded, once that is known. */
  get opened(): Promise<boolean> {
    return this.#opened.promise;
  }

  /** Resolves when what was missed is here. */
  get resumed(): Promise<void> {
    return this.#resumed.promise;
  }

  get ended(): Promise<Ended> {
    return this.#ended.promise;
  }

  /** Say something to everyone connected. Throws if the connection is just ending. */
  say(message: string): void {
    if (this.#state !== "open") throw new Error("the terminal is not connected");
    this.#socket.send(onMessage(message));
  }

  flush(): void {
    if (this.#state === "open" && !this.#timers.has("acks") && this.#conversation.acksDue) {
      this.#after("acks", this.#with.timing.ackDelayMs, () => this.flushNow());
    }
  }

  flushNow(): void {
    if (this.#state !== "open") return;
    this.#callOff("acks");
    this.#send(this.#conversation.acks());
  }

  check(silentForMs = CHECK_AFTER_MS): void {
    if (this.#state === "open" && this.#silentMs >= silentForMs && !this.#timers.has("pong")) this.#ping();
  }

  async close(): Promise<void> {
    this.#leave("closed from this side");
    await this.#ended.promise;
  }

  /** Give up a handshake that takes too long. */
  abandon(): void {
    this.#drop();
    this.#opened.resolve(false);
    this.#over({ reason: "the handshake was given up", clean: false });
  }

  #open(): void {
    this.#state = "open";
    this.#openedAtMs = this.#heardAtMs = this.#with.clock.monotonicMs();
    this.#send(this.#conversation.opened());
    this.#keepAlive();
    this.#watchResume();
    this.#keepFresh();
    this.flush();
    this.#opened.resolve(true);
  }

  #received(data: unknown): void {
    // After a bye, whatever else came is asked for again on the next connection.
    if (this.#state !== "open") return;
    this.#heardAtMs = this.#with.clock.monotonicMs();
    this.#send(this.#conversation.received(typeof data === "string" ? data : "a binary frame"));
    if (!this.#conversation.resuming) this.#resumed.resolve();
    this.flush();
    const { bye } = this.#conversation;
    if (bye !== null) {
      this.#leave(`the service said bye: ${bye.reason || bye.code}`);
    } else if (this.#with.isFull()) {
      // A WebSocket cannot be read more slowly. The service keeps the rest.
      this.#leave("the application does not keep up");
    }
    this.#with.told();
  }

  /** Ping when nothing was heard for an interval. */
  #keepAlive(): void {
    const { pingIntervalMs } = this.#with.timing;
    const silentMs = this.#silentMs;
    if (silentMs < pingIntervalMs) {
      this.#after("alive", pingIntervalMs - silentMs, () => this.#keepAlive());
    } else {
      this.#ping();
    }
  }

  #ping(): void {
    const { pongTimeoutMs } = this.#with.timing;
    const pingedAtMs = this.#with.clock.monotonicMs();
    this.#callOff("alive");
    this.#send([this.#conversation.ping()]);
    this.#after("pong", pongTimeoutMs, () => {
      if (this.#heardAtMs < pingedAtMs) {
        this.#die(`nothing came back within ${pongTimeoutMs / 1_000} s of a ping`);
      } else {
        this.#keepAlive();
      }
    });
  }

  /** End when a resume stays without an answer, as when the function that does it failed. */
  #watchResume(): void {
    const { resumeTimeoutMs } = this.#with.timing;
    this.#after("resume", Math.max(resumeTimeoutMs - this.#silentMs, LEAST_RESUME_WATCH_MS), () => {
      if (!this.#conversation.resuming) return;
      if (this.#silentMs >= resumeTimeoutMs) {
        this.#die(`resume had no answer within ${resumeTimeoutMs / 1_000} s`);
      } else {
        this.#watchResume();
      }
    });
  }

  /** Replace the token before it ends, if there is a provider and the token says when. */
  #keepFresh(): void {
    const { credentials, clock, random } = this.#with;
    const expiresAtMs = this.#token === null || !credentials.renewable ? null : expiresAtMsOf(this.#token);
    const waitMs = expiresAtMs === null ? null : refreshInMs(expiresAtMs - clock.nowMs(), random);
    if (expiresAtMs === null || waitMs === null) return;
    this.#after("fresh", waitMs, () => {
      credentials.fresh().then(
        newer => {
          if (this.#state !== "open") return;
          if ((expiresAtMsOf(newer) ?? 0) > expiresAtMs) {
            this.#token = newer;
            this.#send([refresh(newer)]);
          }
          this.#keepFresh();
        },
        (error: Error) => {
          if (this.#state !== "open") return;
          this.#with.session.tell({ type: "error", code: "token_unavailable", detail: error.message });
          this.#with.told();
          this.#keepFresh();
        },
      );
    });
  }

  get #silentMs(): number {
    return this.#with.clock.monotonicMs() - this.#heardAtMs;
  }

  #send(frames: readonly string[]): void {
    for (const frame of frames) this.#socket.send(frame);
  }

  /** End politely; what is due is said first. */
  #leave(reason: string): void {
    if (this.#state === "connecting") {
      this.abandon();
    } else if (this.#state === "open") {
      this.flushNow();
      this.#callOffAll();
      this.#state = "closing";
      this.#reason = reason;
      this.#after("closing", this.#with.timing.closeTimeoutMs, () => this.#die(reason));
      this.#socket.close(NORMAL);
    }
  }

  /** End without a word, as there is nobody to hear it. */
  #die(reason: string): void {
    this.#drop();
    this.#over({ reason, clean: false });
  }

  #drop(): void {
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (socket.terminate === undefined) {
      socket.close();
    } else {
      socket.terminate();
    }
  }

  #closed({ code, reason, wasClean }: CloseLike): void {
    if (this.#state === "connecting") this.#opened.resolve(false);
    const fromHere = this.#state === "closing";
    const inWords = wasClean
      ? `closed by the service with code ${code}${reason && ` (${reason})`}`
      : "the network connection was lost";
    this.#over({
      reason: fromHere ? this.#reason : inWords,
      // What was sent just before the other side began to close may not have been read there.
      clean: fromHere && wasClean && (code === NORMAL || code === GOING_AWAY),
    });
  }

  #over({ reason, clean }: { reason: string; clean: boolean }): void {
    if (this.#state === "over") return;
    const wasOpen = this.#state !== "connecting";
    this.#state = "over";
    this.#callOffAll();
    this.#conversation.closed({ clean });
    const { bye } = this.#conversation;
    this.#ended.resolve({
      reason,
      lastedMs: wasOpen ? this.#with.clock.monotonicMs() - this.#openedAtMs : 0,
      bye,
      retryAfterMs: bye?.retryAfterMs ?? null,
    });
  }

  #after(timer: Timer, delayMs: number, call: () => void): void {
    this.#callOff(timer);
    const callOff = this.#with.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      call();
    });
    this.#timers.set(timer, callOff);
  }

  #callOff(timer: Timer): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }

  #callOffAll(): void {
    for (const timer of [...this.#timers.keys()]) this.#callOff(timer);
  }
}
