/** Where the service is, and how a terminal shows itself there. */

/** The subprotocol of the terminals' protocol. */
const SUBPROTOCOL = "fanfare.v1";

/**
 * How the token is shown: by `Sec-WebSocket-Protocol`, as a one-time ticket from `POST /v1/tickets` in the URL, or as
 * itself in the URL, which gets logged.
 */
export type SendToken = "subprotocol" | "ticket" | "query";

export class Address {
  /** The base of the REST API; null if it is not known. */
  readonly apiUrl: string | null;
  readonly sendToken: SendToken;
  /** What this installation calls itself, within its user. */
  readonly name: string | null;
  readonly #url: URL;

  /** Throws TypeError if something is missing, or is no address. */
  constructor(options: {
    url: string;
    apiUrl: string | null;
    sendToken: SendToken;
    name: string | null;
  }) {
    this.#url = new URL(options.url);
    if (this.#url.protocol !== "ws:" && this.#url.protocol !== "wss:") {
      throw new TypeError(`${options.url} is not a ws or wss URL`);
    }
    if (options.sendToken === "ticket" && options.apiUrl === null) {
      throw new TypeError('sendToken: "ticket" needs apiUrl: tickets come from POST /v1/tickets');
    }
    this.apiUrl = options.apiUrl?.replace(/\/+$/, "") ?? null;
    this.sendToken = options.sendToken;
    this.name = options.name;
  }

  /** Where tickets, and reasons of refusals, come from; null if that is not known. */
  get ticketsUrl(): string | null {
    return this.apiUrl === null ? null : `${this.apiUrl}/v1/tickets`;
  }

  /**
   * Where pushes are fetched if no WebSocket gets through.
   *
   * Without an `apiUrl` it is looked for on the WebSocket's own host and port, where both are behind one name.
   */
  inboxUrl(path: "" | "/acks", query: Readonly<Record<string, string>>): string {
    const samePlace = `${this.#url.protocol === "wss:" ? "https" : "http"}://${this.#url.host}`;
    const asked = new URLSearchParams(query);
    if (this.name !== null) asked.set("terminal", this.name);
    const tail = asked.size > 0 ? `?${asked}` : "";
    return `${this.apiUrl ?? samePlace}/v1/inbox${path}${tail}`;
  }

  /** What to open a WebSocket with, to show `shown`: a token, or a ticket. */
  socket(shown: string): { url: string; protocols: string[] } {
    const url = new URL(this.#url);
    if (this.name !== null) url.searchParams.set("terminal", this.name);
    if (this.sendToken === "subprotocol") {
      return { url: url.href, protocols: [SUBPROTOCOL, `bearer.${shown}`] };
    }
    url.searchParams.set("token", shown);
    return { url: url.href, protocols: [SUBPROTOCOL] };
  }
}
