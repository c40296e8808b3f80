import { useCallback, useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import { useSession } from "../../session/session.js";
import { type Draft, NO_DRAFT } from "./draft.js";
import { filledIn, forgetDraft, type Kept, loadDraft, saveDraft } from "./draft_store.js";
import type { Intent } from "./intent.js";

export interface DraftInHand extends Kept {
  /** Takes some members of the draft for new ones. */
  readonly change: (members: Partial<Draft>) => void;
  readonly setIntent: (intent: Intent | null) => void;
  /** Back to a blank page. */
  readonly clear: () => void;
}

/** The draft of this tab: kept while one is elsewhere, and filled in from the page's address. */
export function useDraft(): DraftInHand {
  const { caller } = useSession();
  const [address, setAddress] = useSearchParams();
  const [kept, setKept] = useState<Kept>(() => {
    const found = loadDraft(caller.user);
    return { ...found, draft: filledIn(found.draft, address) };
  });
  useEffect(() => {
    if (!address.has("strategy") && !address.has("target")) return;
    setKept(was => ({ ...was, draft: filledIn(was.draft, address) }));
    // Once it is filled in, a reload must not undo what is typed since.
    setAddress({}, { replace: true });
  }, [address, setAddress]);
  useEffect(() => {
    if (kept.draft === NO_DRAFT) forgetDraft(caller.user);
    else saveDraft(caller.user, kept);
  }, [kept, caller.user]);
  const change = useCallback((members: Partial<Draft>) => {
    setKept(was => ({ ...was, draft: { ...was.draft, ...members } }));
  }, []);
  const setIntent = useCallback((intent: Intent | null) => setKept(was => ({ ...was, intent })), []);
  const clear = useCallback(() => setKept({ draft: NO_DRAFT, intent: null }), []);
  return { ...kept, change, setIntent, clear };
}
