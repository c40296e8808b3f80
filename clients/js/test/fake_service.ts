/** A service without a network: a scripted WebSocket side and a scripted REST side. */

import type { JsonObject, JsonValue } from "../src/frames.js";
import type { Fetch } from "../src/http.js";
import type { CloseLike, MessageLike, Socket } from "../src/socket.js";

/** One handshake and, if it is accepted, the service's end of the connection. */
export class Peer implements Socket {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  /** What the terminal sent. */
  readonly frames: JsonValue[] = [];
  closeCode: number | null = null;
  isClosed = false;

  constructor(
    readonly url: URL,
    readonly protocols: readonly string[],
  ) {}

  send(text: string): void {
    if (!this.isClosed) this.frames.push(JSON.parse(text) as JsonValue);
  }

  close(code = 1005): void {
    this.closeCode ??= code;
    queueMicrotask(() => this.#over({ code, reason: "", wasClean: true }));
  }

  accept(): void {
    (this.onopen as (() => void) | null)?.();
  }

  refuse(): void {
    (this.onerror as (() => void) | null)?.();
    this.#over({ code: 1006, reason: "", wasClean: false });
  }

  say(frame: JsonValue): void {
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    (this.onmessage as ((event: MessageLike) => void) | null)?.({ data });
  }

  /** Lose the connection without a word. */
  cut(): void {
    this.#over({ code: 1006, reason: "", wasClean: false });
  }

  end(code: number): void {
    this.#over({ code, reason: "", wasClean: true });
  }

  #over(event: CloseLike): void {
    if (this.isClosed) return;
    this.isClosed = true;
    (this.onclose as ((event: CloseLike) => void) | null)?.(event);
  }
}

/** Every handshake that is tried, in order. */
export class FakeGateway {
  readonly attempts: Peer[] = [];

  get WebSocket(): new (
    url: string,
    protocols: string[],
  ) => Peer {
    const { attempts } = this;
    return class extends Peer {
      constructor(url: string, protocols: string[]) {
        super(new URL(url), protocols);
        attempts.push(this);
      }
    };
  }
}

export interface Request {
  readonly url: URL;
  readonly token: string;
  readonly body: JsonValue;
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly body?: JsonValue;
  readonly headers?: Record<string, string>;
}

/** Answers by method and path; requests to `held` routes wait, each for the next answer that is put there. */
export class FakeApi {
  readonly requests = new Map<string, Request[]>();
  readonly answers = new Map<string, ScriptedAnswer>();
  readonly #held = new Map<string, { answers: ScriptedAnswer[]; waiting: ((answer: ScriptedAnswer) => void)[] }>();

  hold(route: string): void {
    this.#held.set(route, { answers: [], waiting: [] });
  }

  /** Answer one request to a held route: the one that waits, or else the next. */
  answer(route: string, answer: ScriptedAnswer): void {
    const held = this.#held.get(route);
    if (held === undefined) throw new Error(`${route} is not held`);
    const next = held.waiting.shift();
    if (next === undefined) {
      held.answers.push(answer);
    } else {
      next(answer);
    }
  }

  requestsTo(route: string): readonly Request[] {
    return this.requests.get(route) ?? [];
  }

  readonly fetch: Fetch = async (input, init) => {
    const url = new URL(String(input));
    const route = `${init?.method} ${url.pathname}`;
    const body = typeof init?.body === "string" ? (JSON.parse(init.body) as JsonObject) : null;
    const token = new Headers(init?.headers).get("Authorization")?.replace("Bearer ", "") ?? "";
    this.requests.set(route, [...this.requestsTo(route), { url, token, body }]);
    const { status = 200, body: content = null, headers = {} } = await this.#answerTo(route, init?.signal ?? null);
    return new Response(JSON.stringify(content), { status, headers });
  };

  #answerTo(route: string, signal: AbortSignal | null): Promise<ScriptedAnswer> {
    const held = this.#held.get(route);
    const ready =
      held === undefined
        ? (this.answers.get(route) ?? { status: 404, body: { code: "not_found" } })
        : held.answers.shift();
    return new Promise((resolve, reject) => {
      if (ready !== undefined) {
        resolve(ready);
        return;
      }
      held?.waiting.push(resolve);
      signal?.addEventListener("abort", () => {
        if (held !== undefined) held.waiting = held.waiting.filter(other => other !== resolve);
        reject(signal.reason);
      });
    });
  }
}
