/** The terminal library of Fanfare, for browsers and Node. */

export type { SendToken } from "./address.js";
export type { Clock } from "./clock.js";
export type { Provider } from "./credentials.js";
export type { Connected, Disconnected, EventOf, RefusedEvent, Reminder, TerminalEvent, Way } from "./events.js";
export {
  BEGINNING,
  type Bye,
  type Cancel,
  type ErrorFrame,
  type JsonObject,
  type JsonValue,
  type Other,
  type Push,
  type Resumed,
} from "./frames.js";
export { Refused } from "./refusal.js";
export { pageSignals, type Signal, type Signals } from "./signals.js";
export type { Socket, SocketClass } from "./socket.js";
export { memory, type Snapshot, type State, type TextStorage, webStorage } from "./state.js";
export type { Timing } from "./surroundings.js";
export { type Listener, type Options, Terminal } from "./terminal.js";
