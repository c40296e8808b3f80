/** Why the service would not have a terminal: for good, or for now. */

/** The service will not have this terminal, and says why; trying again would not help. A provider may throw it too. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    /** Documented in the service's list of errors. */
    readonly code: string,
    /** A sentence for people. */
    readonly detail: string,
  ) {
    super(detail ? `${code}: ${detail}` : code);
  }
}

/** No connection this time; try again. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
  /** Not before this. */
  readonly retryAfterMs: number | null;
  /** Something was mended meanwhile: the next attempt need not wait. */
  readonly atOnce: boolean;
  /** It may be that something on the way, such as a proxy, lets no WebSocket through. */
  readonly blocked: boolean;

  constructor(
    detail: string,
    why: { retryAfterMs?: number | null; atOnce?: boolean; blocked?: boolean; cause?: unknown } = {},
  ) {
    super(detail, { cause: why.cause });
    this.retryAfterMs = why.retryAfterMs ?? null;
    this.atOnce = why.atOnce ?? false;
    this.blocked = why.blocked ?? false;
  }
}
