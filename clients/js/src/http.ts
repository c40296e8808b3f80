/** One HTTP request: what a terminal asks the REST API. */

import type { Clock } from "./clock.js";
import { isObject, type JsonValue, json } from "./frames.js";

/** As the global `fetch`. */
export type Fetch = typeof fetch;

/** No HTTP answer came: the name, the network, TLS, or the browser's rules; the text says what is known of it. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
}

/** What the server said. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  /** The body; undefined if it is no JSON. */
  readonly body: JsonValue | undefined;
  readonly retryAfterMs: number | null;
}

/** Why a request was refused, from a problem document (RFC 9457) or, without one, from the status alone. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly retryAfterMs: number | null;
}

export interface Question {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly token: string;
  readonly body?: JsonValue;
  /** How long the whole answer may take. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Ask, and wait for the answer, whatever its status. Rejects with `Unanswered`, or with the signal's reason. */
export async function ask(
  { fetch, clock }: { fetch: Fetch; clock: Clock },
  { method, url, token, body, timeoutMs, signal }: Question,
): Promise<Answer> {
  const broken = new AbortController();
  const abort = () => broken.abort();
  const callOff = clock.after(timeoutMs, abort);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    signal?.throwIfAborted();
    const headers: Record<string, string> = { Accept: "application/json", Authorization: `Bearer ${token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body), keepalive: true }),
      cache: "no-store",
      credentials: "omit",
      // A token goes only where it was sent.
      redirect: "error",
      signal: broken.signal,
    });
    return {
      ok: response.ok,
      status: response.status,
      body: json(await response.text()),
      retryAfterMs: retryAfterMs(response.headers.get("Retry-After"), response.headers.get("Date"), clock),
    };
  } catch (error) {
    signal?.throwIfAborted();
    if (broken.signal.aborted) throw new Unanswered(`no answer within ${timeoutMs / 1_000} s`);
    throw new Unanswered(error instanceof Error ? error.message : "the request failed", { cause: error });
  } finally {
    callOff();
    signal?.removeEventListener("abort", abort);
  }
}

/** Why `answer` is not a success. */
export function refusalOf({ status, body, retryAfterMs }: Answer): Refusal {
  const members = isObject(body) ? body : {};
  const text = (member: string): string => {
    const value = members[member];
    return typeof value === "string" ? value : "";
  };
  // The code ends the address of its page in the docs, if the document does not name it.
  const named = text("type") === "about:blank" ? "" : text("type").split(/[/#]/).filter(Boolean).at(-1);
  return {
    status,
    code: text("code") || named || `http_${status}`,
    detail: text("detail") || text("message") || text("title"),
    retryAfterMs,
  };
}

/** The wait in a `Retry-After` header (RFC 9110 §10.2.3): seconds, or a time, read against `date`. */
function retryAfterMs(value: string | null, date: string | null, clock: Clock): number | null {
  if (value === null) return null;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1_000;
  const at = Date.parse(value);
  const now = Date.parse(date ?? "");
  return Number.isNaN(at) ? null : Math.max(0, at - (Number.isNaN(now) ? clock.nowMs() : now));
}
