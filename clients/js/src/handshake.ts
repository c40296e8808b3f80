/** Opening a WebSocket: how the token is shown, and what a refusal means. */

import { Connection } from "./connection.js";
import type { Credentials } from "./credentials.js";
import { isObject } from "./frames.js";
import { type Answer, ask, type Refusal, refusalOf, Unanswered } from "./http.js";
import { Refused, Unreachable } from "./refusal.js";
import type { Socket } from "./socket.js";
import type { Surroundings } from "./surroundings.js";
import { unlessAborted } from "./waiting.js";

/** Refusals of one token, where another one of the same provider may be let in. */
export const ABOUT_THE_TOKEN: ReadonlySet<string> = new Set([
  "token_expired",
  "token_revoked",
  "key_unknown",
  "signature_invalid",
  "http_401",
]);

/** A connection that is open. Rejects with `Refused` for good, `Unreachable` for now, or the signal's reason. */
export async function openConnection(surroundings: Surroundings, signal: AbortSignal): Promise<Connection> {
  const { address, credentials, clock, timing } = surroundings;
  const token = await unlessAborted(credentials.token(), signal);
  const shown = address.sendToken === "ticket" ? await ticket(surroundings, token, signal) : token;
  const connection = new Connection(dial(surroundings, shown), credentials.areTickets ? null : token, surroundings);
  const callOff = clock.after(timing.openTimeoutMs, () => connection.abandon());
  try {
    if (await unlessAborted(connection.opened, signal)) return connection;
  } catch (error) {
    connection.abandon();
    throw error;
  } finally {
    callOff();
  }
  throw await whyNot(surroundings, token, signal);
}

function dial({ address, WebSocket }: Surroundings, shown: string): Socket {
  const { url, protocols } = address.socket(shown);
  try {
    return new WebSocket(url, protocols);
  } catch (error) {
    // The text of the error may hold the token.
    const name = error instanceof Error ? error.name : "an error";
    const detail = `the token cannot be shown in a handshake (${name}): it is no JWT; with sendToken "ticket" it need not be`;
    throw new Refused("token_malformed", detail);
  }
}

async function ticket(surroundings: Surroundings, token: string, signal: AbortSignal): Promise<string> {
  const { address, credentials } = surroundings;
  let answer: Answer;
  try {
    answer = await askForTicket(surroundings, token, signal);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    throw new Unreachable(`no ticket from ${address.ticketsUrl}: ${error.message}`, { cause: error });
  }
  if (!answer.ok) throw await consequence(refusalOf(answer), credentials, token);
  const value = isObject(answer.body) ? answer.body["ticket"] : null;
  if (typeof value !== "string") throw new Unreachable(`${address.ticketsUrl} answered without a ticket`);
  return value;
}

/** Why a handshake failed: a browser is not told, so this is asked in the way that has an answer, if there is one. */
async function whyNot(surroundings: Surroundings, token: string, signal: AbortSignal): Promise<Refused | Unreachable> {
  const { address, credentials } = surroundings;
  if (address.ticketsUrl === null || credentials.areTickets) {
    return new Unreachable("the handshake failed, and there is nobody to ask why", { blocked: true });
  }
  let answer: Answer;
  try {
    answer = await askForTicket(surroundings, token, signal);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    // It is not only WebSockets that do not get through.
    return new Unreachable(`the handshake failed, and so did ${address.ticketsUrl}: ${error.message}`);
  }
  if (answer.ok) {
    return new Unreachable(`the handshake failed, but ${address.ticketsUrl} takes the token`, { blocked: true });
  }
  if ([401, 403, 429, 503].includes(answer.status)) return consequence(refusalOf(answer), credentials, token);
  return new Unreachable(`the handshake failed, and ${address.ticketsUrl} answered ${answer.status}`, {
    blocked: true,
  });
}

function askForTicket(surroundings: Surroundings, token: string, signal: AbortSignal): Promise<Answer> {
  const url = surroundings.address.ticketsUrl ?? "";
  return ask(surroundings, { method: "POST", url, token, timeoutMs: surroundings.timing.openTimeoutMs, signal });
}

/** What a refusal of `token` means, here or at the inbox. A newer token is fetched where that can help. */
export async function consequence(
  refusal: Refusal,
  credentials: Credentials,
  token: string,
): Promise<Refused | Unreachable> {
  const { code, status, retryAfterMs } = refusal;
  const detail = refusal.detail || `refused with status ${status}`;
  if (retryAfterMs !== null || status === 429 || status >= 500) {
    return new Unreachable(`${code}: ${detail}`, { retryAfterMs });
  }
  if (ABOUT_THE_TOKEN.has(code) && credentials.renewable) {
    try {
      if ((await credentials.fresh()) !== token) return new Unreachable(`${code}: ${detail}`, { atOnce: true });
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return new Unreachable(`${code}, and ${error.message}`, { cause: error });
    }
  }
  // It may be a limit that passes.
  if (code === "http_403") return new Unreachable(detail);
  return new Refused(code, detail);
}
