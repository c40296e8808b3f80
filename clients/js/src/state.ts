/** What a terminal remembers from one run to the next: how far it came, and what it has shown. */

import { isObject, json } from "./frames.js";

export interface Snapshot {
  /** The newest position up to which everything was handed to the application; null before the first connection. */
  readonly since: string | null;
  /** The ids shown. */
  readonly seen: readonly string[];
  /** Those shown that ask to be read and were not, each with the newest position at which it came. */
  readonly unread: Readonly<Record<string, string>>;
}

/** Where a terminal keeps its snapshot. */
export interface State {
  /** The snapshot last saved; null if there is none. */
  load(): Snapshot | null | Promise<Snapshot | null>;
  /** Keep a snapshot. If it fails, the terminal goes on, tells its application, and tries again. */
  save(snapshot: Snapshot): void | Promise<void>;
}

/** A place for texts by name, such as `localStorage` or `sessionStorage`. */
export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
}

export const NOTHING: Snapshot = { since: null, seen: [], unread: {} };

/** Keeps the snapshot for as long as the page or the process lives: one terminal takes over from the other. */
export function memory(snapshot: Snapshot | null = null): State {
  let kept = snapshot;
  return {
    load: () => kept,
    save: newer => {
      kept = newer;
    },
  };
}

/**
 * Keeps the snapshot in a browser's storage under `key`, by default in `localStorage`.
 *
 * Each terminal needs a key of its own: two tabs that share one overwrite what the other has seen. For one terminal in
 * each tab, give `sessionStorage`.
 */
export function webStorage(key: string, storage: TextStorage = localStorage): State {
  return {
    load: () => {
      const text = storage.getItem(key);
      return text === null ? null : read(text, `the storage's ${key}`);
    },
    save: snapshot => storage.setItem(key, written(snapshot)),
  };
}

export function written({ since, seen, unread }: Snapshot): string {
  return JSON.stringify({ since, seen, unread });
}

/** The snapshot that `text` is. Throws an Error, naming `place`, if it is something else. */
export function read(text: string, place: string): Snapshot {
  const value = json(text);
  if (isObject(value)) {
    const { since = null, seen, unread = {} } = value;
    if ((since === null || typeof since === "string") && isTexts(seen) && isObject(unread)) {
      if (isTexts(Object.values(unread))) return { since, seen, unread: unread as Record<string, string> };
    }
  }
  throw new Error(`${place} is not the state of a terminal; remove it to begin anew`);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(item => typeof item === "string");
}
