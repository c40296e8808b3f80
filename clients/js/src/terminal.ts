/** A terminal of Fanfare: stays connected, gets every push once, and tells the service what became of it. */

import type { Ack } from "./acknowledgements.js";
import { Address, type SendToken } from "./address.js";
import type { Random } from "./backoff.js";
import { type Clock, systemClock } from "./clock.js";
import { Credentials, type Provider } from "./credentials.js";
import type { EventOf, TerminalEvent } from "./events.js";
import type { AckKind, Push } from "./frames.js";
import type { Fetch } from "./http.js";
import { Lifeline } from "./lifeline.js";
import { Refused } from "./refusal.js";
import { Saving } from "./saving.js";
import { Session } from "./session.js";
import { type Signal, type Signals, signalsHere } from "./signals.js";
import type { SocketClass } from "./socket.js";
import { memory, NOTHING, type State } from "./state.js";
import { TIMING, type Timing } from "./surroundings.js";
import { deferred, unlessAborted } from "./waiting.js";

/** Most events that wait for the application; then no more is read, and the service keeps the rest. */
const MAX_WAITING = 1_000;
/** Longest detail of a `failed`. */
const MAX_DETAIL_CHARACTERS = 500;

interface Common {
  /** The base of the REST API. With it a refused terminal can say why, and the inbox need not be guessed. */
  readonly apiUrl?: string;
  /** What this installation calls itself within its user: with it the service knows the terminal again. */
  readonly name?: string;
  /** Where to begin if `state` holds nothing: `BEGINNING` for all that is kept, null for "from now on". */
  readonly since?: string | null;
  /** Where to remember how far it came; in memory if not given. */
  readonly state?: State;
  /** The WebSocket class; the runtime's own if not given. Node has one from version 22 on. */
  readonly WebSocket?: SocketClass;
  readonly fetch?: Fetch;
  readonly timing?: Partial<Timing>;
  readonly clock?: Clock;
  readonly random?: Random;
  /** What the page notices; that of the page it runs in if not given, null for none. */
  readonly signals?: Signals | null;
}

interface WithToken extends Common {
  /** A JWT, or a function that returns a fresh one whenever it is needed. */
  readonly token: string | Provider;
  /** How the token is shown; `subprotocol` if not given. */
  readonly sendToken?: SendToken;
}

interface WithTickets extends Common {
  /**
   * Returns a one-time ticket, anew for each connection: for pages that never hold a token. There is no inbox then, and
   * nobody to ask for the reason of a refusal, since both need the token.
   */
  readonly ticket: Provider;
}

export type Options = WithToken | WithTickets;

type Type = TerminalEvent["type"];

/** Is told of events. A promise that it returns is waited for before the next event, and until then that one counts as
 * not handled. */
export type Listener<T extends Type> = (event: EventOf<T>) => unknown;

/**
 * One terminal's place in the service, from `connect` to `close`.
 *
 * It connects, asks for what it missed, pings, renews its connection and its token, and comes back after every loss,
 * with growing random pauses. Each push is told once, also if it arrives several times. What a sender wants
 * acknowledged as `received` is acknowledged by itself; `read`, `failed` and `recalled` are for the application to say.
 *
 * Events are told in order, one at a time, to the listeners that are there at that moment; so add them before
 * `connect`. What a listener throws is reported as other uncaught errors are, and nothing stops for it.
 */
export class Terminal {
  readonly #options: Options;
  readonly #address: Address;
  readonly #credentials: Credentials;
  readonly #clock: Clock;
  readonly #timing: Timing;
  readonly #WebSocket: SocketClass;
  readonly #state: State;
  readonly #listeners = new Map<Type | "*", Set<(event: TerminalEvent) => unknown>>();
  readonly #leaving = new AbortController();
  #session: Session;
  #lifeline: Lifeline | null = null;
  #saving: Saving | null = null;
  #running: Promise<void> | null = null;
  #isTelling = false;
  #caughtUp = deferred<void>();

  /** `url` is the WebSocket URL with its stage (`wss://host/prod`). Throws TypeError if options are missing or wrong. */
  constructor(url: string, options: Options) {
    const given = "token" in options ? (options.sendToken ?? "subprotocol") : "query";
    this.#options = options;
    this.#address = new Address({
      url,
      apiUrl: options.apiUrl ?? null,
      sendToken: given,
      name: options.name ?? null,
    });
    const WebSocketHere = options.WebSocket ?? globalThis.WebSocket;
    if (WebSocketHere === undefined) {
      throw new TypeError(
        "this runtime has no WebSocket; give the option WebSocket a class, such as that of the package ws",
      );
    }
    this.#WebSocket = WebSocketHere;
    this.#clock = options.clock ?? systemClock;
    this.#timing = { ...TIMING, ...options.timing };
    this.#credentials = new Credentials(this.#clock, options);
    this.#state = options.state ?? memory();
    this.#session = new Session({ ...NOTHING, since: options.since ?? null });
  }

  /** Be told of the events of one type, or of all with `*`. What it returns ends that. */
  on<T extends Type>(type: T, listener: Listener<T>): () => void;
  on(type: "*", listener: Listener<Type>): () => void;
  on(type: Type | "*", listener: (event: never) => unknown): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    const added = (event: TerminalEvent) => listener(event as never);
    listeners.add(added);
    return () => listeners.delete(added);
  }

  /** Load the state and begin to connect; does not wait for the connection. Rejects if the state cannot be loaded. */
  async connect(): Promise<void> {
    if (this.#running !== null) throw new Error("a Terminal is used once; make another");
    const over = deferred<void>();
    this.#running = over.promise;
    try {
      const snapshot = (await this.#state.load()) ?? NOTHING;
      this.#session = new Session({ ...snapshot, since: snapshot.since ?? this.#session.since });
    } catch (error) {
      over.resolve();
      throw error;
    }
    if (this.#leaving.signal.aborted) {
      over.resolve();
      return;
    }
    over.resolve(this.#live());
  }

  /** Leave. The connection is closed politely, acks that are due are sent first, and the state is saved. */
  async close(): Promise<void> {
    this.#leaving.abort(new Error("the terminal is closed"));
    this.#lifeline?.stop();
    await this.#running;
  }

  /** Whether there is an open connection now. */
  get connected(): boolean {
    return this.#lifeline !== null && this.#lifeline.connection !== null;
  }

  /** The position up to which nothing can be missing; null before the first connection. */
  get since(): string | null {
    return this.#session.since;
  }

  /** A person has confirmed a push (given as such, or by its id). Sent soon, also after a reconnect. */
  read(push: Push | string): void {
    this.#acknowledge(push, "read");
  }

  /** The application could not act on a push; `detail` says why, in at most 500 characters. */
  failed(push: Push | string, detail: string | null = null): void {
    if (detail !== null && [...detail].length > MAX_DETAIL_CHARACTERS) {
      throw new RangeError(`detail has ${[...detail].length} characters, the most is ${MAX_DETAIL_CHARACTERS}`);
    }
    this.#acknowledge(push, "failed", detail);
  }

  /** A push that was called back is off the screen. */
  recalled(push: Push | string): void {
    this.#acknowledge(push, "recalled");
  }

  /** Say something to everyone connected; needs the scope `chat`. Throws when not connected by a WebSocket. */
  say(message: string): void {
    const connection = this.#lifeline?.connection ?? null;
    if (connection === null) throw new Error("the terminal is not connected");
    if (connection.by === "inbox") throw new Error("the chat needs a WebSocket, and no WebSocket gets through");
    connection.say(message);
  }

  async #live(): Promise<void> {
    const session = this.#session;
    const { fetch = globalThis.fetch.bind(globalThis), random = Math.random, signals = signalsHere() } = this.#options;
    const saving = new Saving(this.#state, {
      snapshot: () => session.snapshot(),
      failed: detail => this.#tell({ type: "error", code: "state_not_saved", detail }),
      clock: this.#clock,
      intervalMs: this.#timing.saveIntervalMs,
    });
    this.#saving = saving;
    const lifeline = new Lifeline({
      address: this.#address,
      session,
      credentials: this.#credentials,
      clock: this.#clock,
      timing: this.#timing,
      random,
      fetch,
      WebSocket: this.#WebSocket,
      told: () => void this.#tellAll(),
      isFull: () => session.waiting >= MAX_WAITING,
      room: signal => this.#room(signal),
    });
    this.#lifeline = lifeline;
    const deaf = signals?.listen(signal => this.#heed(signal));
    try {
      await lifeline.run();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#tell({ type: "refused", code: error.code, detail: error.detail });
    } finally {
      deaf?.();
      await saving.end();
    }
  }

  #heed(signal: Signal): void {
    if (signal === "wake") {
      this.#lifeline?.wake();
    } else if (signal === "doubt") {
      // What was heard a moment ago was heard before the network went.
      this.#lifeline?.connection?.check(0);
    } else {
      this.#lifeline?.connection?.flushNow();
      void this.#saving?.now();
    }
  }

  #acknowledge(push: Push | string, kind: AckKind, detail: string | null = null): void {
    const ack: Ack = { id: typeof push === "string" ? push : push.id, kind, detail };
    this.#session.acknowledge(ack);
    this.#lifeline?.connection?.flush();
    this.#saving?.due();
  }

  #tell(event: TerminalEvent): void {
    this.#session.tell(event);
    void this.#tellAll();
  }

  /** Tell the application all that waits, in order; at once, as long as no listener asks for time. */
  async #tellAll(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let event = this.#next(); event !== null; event = this.#next()) {
      const busy = this.#listenersOf(event).flatMap(listener => this.#told(listener, event));
      if (busy.length > 0) {
        this.#saving?.due();
        await Promise.all(busy);
      }
      if (this.#session.waiting < MAX_WAITING) this.#caughtUp.resolve();
    }
    this.#isTelling = false;
    this.#saving?.due();
  }

  /** What to tell next. Nothing after `close`: what waits then comes again next time. */
  #next(): TerminalEvent | null {
    if (!this.#leaving.signal.aborted) return this.#session.take();
    this.#session.handled();
    return null;
  }

  #listenersOf(event: TerminalEvent): ((event: TerminalEvent) => unknown)[] {
    return [...(this.#listeners.get(event.type) ?? []), ...(this.#listeners.get("*") ?? [])];
  }

  /** What there is to wait for after an event was told to a listener: nothing, or a promise that does not reject. */
  #told(listener: (event: TerminalEvent) => unknown, event: TerminalEvent): Promise<unknown>[] {
    try {
      const answer = listener(event);
      return answer instanceof Promise ? [answer.catch(report)] : [];
    } catch (error) {
      report(error);
      return [];
    }
  }

  async #room(signal: AbortSignal): Promise<void> {
    while (this.#session.waiting >= MAX_WAITING) {
      this.#caughtUp = deferred();
      await unlessAborted(this.#caughtUp.promise, signal);
    }
  }
}

/** The runtime says it where it says uncaught errors; in Node that ends the process unless it is listened for. */
function report(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
