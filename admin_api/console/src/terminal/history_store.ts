import type { Item } from "./desk.js";

/** Where the tab keeps what was shown, so that loading the page again does not empty it. */
export interface HistoryStore {
  load(): readonly Item[];
  save(items: readonly Item[]): void;
}

/** Keeps it in the tab's storage under `key`. What cannot be read is nothing; what has no room there is not kept. */
export function historyStore(key: string, storage: Storage = sessionStorage): HistoryStore {
  return {
    load: () => {
      const text = storage.getItem(key);
      if (text === null) return [];
      try {
        return (JSON.parse(text) as Item[]).map(item => ({ ...item, onScreen: false }));
      } catch {
        storage.removeItem(key);
        return [];
      }
    },
    save: items => {
      try {
        storage.setItem(key, JSON.stringify(items));
      } catch {
        storage.removeItem(key);
      }
    },
  };
}
