import { type Draft, NO_DRAFT } from "./draft.js";
import type { Intent } from "./intent.js";

/** What is kept of the page in its tab: what was written, and the intent to send it. */
export interface Kept {
  readonly draft: Draft;
  readonly intent: Intent | null;
}

const keyOf = (user: string) => `fanfare.draft.${user}`;

/** What the user left in this tab; a blank page if that is nothing, or was written by another version. */
export function loadDraft(user: string): Kept {
  const text = sessionStorage.getItem(keyOf(user));
  if (text === null) return { draft: NO_DRAFT, intent: null };
  try {
    const { draft, intent } = JSON.parse(text) as { draft: Partial<Draft>; intent: Intent | null };
    return {
      draft: {
        message: { ...NO_DRAFT.message, ...draft.message },
        target: draft.target ?? "",
        strategy: { ...NO_DRAFT.strategy, ...draft.strategy },
        when: { ...NO_DRAFT.when, ...draft.when },
        compared: draft.compared ?? null,
      },
      intent: intent ?? null,
    };
  } catch {
    return { draft: NO_DRAFT, intent: null };
  }
}

/** Keeps it for as long as the tab is open. What has no room is not kept: the page works on without. */
export function saveDraft(user: string, kept: Kept): void {
  try {
    sessionStorage.setItem(keyOf(user), JSON.stringify(kept));
  } catch {
    forgetDraft(user);
  }
}

export function forgetDraft(user: string): void {
  sessionStorage.removeItem(keyOf(user));
}

/** A draft with what the page's address asks for: `?strategy=` a name, `?target=` a target as text. */
export function filledIn(draft: Draft, address: URLSearchParams): Draft {
  const [name, target] = [address.get("strategy"), address.get("target")];
  return {
    ...draft,
    ...(target && { target }),
    ...(name && name !== draft.strategy.name && { strategy: { name, changes: {} } }),
  };
}
