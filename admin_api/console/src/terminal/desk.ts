import type { JsonValue, Push, TerminalEvent, Way } from "@fanfare/terminal";

/** What became of a message on this screen. */
export type Fate = "shown" | "confirmed" | "recalled" | "expired" | "replaced";

/** A message that came, as the history keeps it; times in milliseconds since the epoch. */
export interface Item {
  readonly id: string;
  readonly message: JsonValue;
  readonly topic: string;
  readonly sentAtMs: number | null;
  readonly cameAtMs: number;
  readonly expiresAtMs: number | null;
  /** It came while this terminal was away. */
  readonly replayed: boolean;
  readonly mustRead: boolean;
  readonly collapseKey: string | null;
  readonly fate: Fate;
  /** How often it was sent again because nobody confirmed it. */
  readonly reminders: number;
  /** Whether the toast is on the screen. */
  readonly onScreen: boolean;
}

/** How the terminal is connected. */
export type Light =
  | { readonly is: "connecting" }
  | { readonly is: "connected"; readonly by: Way }
  | { readonly is: "waiting"; readonly reason: string; readonly untilMs: number }
  | { readonly is: "refused"; readonly code: string; readonly detail: string };

/** All that the terminal page shows. */
export interface Desk {
  readonly light: Light;
  /** Newest first. */
  readonly items: readonly Item[];
  /** Something may be missing: it was away for longer than pushes are kept. */
  readonly hasLost: boolean;
  /** What the service said that needs a person, the last one. */
  readonly trouble: string | null;
}

export const EMPTY: Desk = { light: { is: "connecting" }, items: [], hasLost: false, trouble: null };

/** Most messages that the history keeps. */
export const MOST_ITEMS = 100;

/** The desk after an event of the terminal. */
export function told(desk: Desk, event: TerminalEvent, nowMs: number): Desk {
  switch (event.type) {
    case "connected":
      return { ...desk, light: { is: "connected", by: event.by }, trouble: null };
    case "disconnected":
      return { ...desk, light: { is: "waiting", reason: event.reason, untilMs: nowMs + event.retryInMs } };
    case "refused":
      return { ...desk, light: { is: "refused", code: event.code, detail: event.detail } };
    case "push":
      return { ...desk, items: withPush(desk.items, event, nowMs) };
    case "reminder":
      return { ...desk, items: reminded(desk.items, event.push, nowMs) };
    case "cancel":
      return { ...desk, items: changed(desk.items, event.id, { fate: "recalled", onScreen: false }) };
    case "resumed":
      return event.recovered ? desk : { ...desk, hasLost: true };
    case "error":
      return { ...desk, trouble: event.detail };
    default:
      return desk;
  }
}

/** The desk after a person has confirmed a message. */
export function confirmed(desk: Desk, id: string): Desk {
  return { ...desk, items: changed(desk.items, id, { fate: "confirmed", onScreen: false }) };
}

/** The desk after a toast has been put away. */
export function dismissed(desk: Desk, id: string): Desk {
  return { ...desk, items: changed(desk.items, id, { onScreen: false }) };
}

/** The desk at a later moment: what has expired is taken off the screen. */
export function expired(desk: Desk, nowMs: number): Desk {
  const isOver = (item: Item) => item.fate === "shown" && item.expiresAtMs !== null && item.expiresAtMs <= nowMs;
  if (!desk.items.some(isOver)) return desk;
  const items = desk.items.map(item => (isOver(item) ? { ...item, fate: "expired" as const, onScreen: false } : item));
  return { ...desk, items };
}

/** What a person has to confirm, the oldest first: dialogs come in the order in which they were sent. */
export function unread(desk: Desk): Item[] {
  return desk.items.filter(item => item.mustRead && item.fate === "shown").reverse();
}

/** The toasts on the screen, the oldest first. */
export function toasts(desk: Desk): Item[] {
  return desk.items.filter(item => !item.mustRead && item.onScreen && item.fate === "shown").reverse();
}

function withPush(items: readonly Item[], push: Push, nowMs: number): Item[] {
  const others = items
    .filter(item => item.id !== push.id)
    .map(item =>
      push.collapseKey !== null && item.collapseKey === push.collapseKey && item.fate === "shown"
        ? { ...item, fate: "replaced" as const, onScreen: false }
        : item,
    );
  return [itemOf(push, nowMs), ...others].slice(0, MOST_ITEMS);
}

function reminded(items: readonly Item[], push: Push, nowMs: number): Item[] {
  const known = items.find(item => item.id === push.id);
  if (known === undefined) return withPush(items, push, nowMs);
  return changed(items, push.id, { reminders: known.reminders + 1, onScreen: true });
}

function itemOf(push: Push, nowMs: number): Item {
  return {
    id: push.id,
    message: push.message,
    topic: push.topic,
    sentAtMs: push.sentAt?.getTime() ?? null,
    cameAtMs: nowMs,
    expiresAtMs: push.expiresAt?.getTime() ?? null,
    replayed: push.replayed,
    mustRead: push.ack === "read",
    collapseKey: push.collapseKey,
    fate: "shown",
    reminders: 0,
    onScreen: true,
  };
}

function changed(items: readonly Item[], id: string, change: Partial<Item>): Item[] {
  return items.map(item => (item.id === id ? { ...item, ...change } : item));
}
