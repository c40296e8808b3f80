/** As much of the WebSocket interface (WHATWG WebSockets §3) as the library needs: browsers have it, `ws` too. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(text: string): void;
  close(code?: number): void;
  /** Of `ws`: go without a closing handshake. */
  terminate?(): void;
}

export type SocketClass = new (url: string, protocols: string[]) => Socket;

export interface MessageLike {
  readonly data: unknown;
}

export interface CloseLike {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}
