import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { Api } from "../../api/client.js";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import type { Policy, PushDetail } from "../../api/schema.js";
import { useSession } from "../../session/session.js";
import { targetText } from "../../target/text.js";
import { type Draft, NO_DRAFT } from "../compose/draft.js";
import { saveDraft } from "../compose/draft_store.js";
import { asForm, NO_MESSAGE } from "../compose/message_draft.js";
import { changesOf } from "../compose/strategy_changes.js";

/** Fills a new push in with another one's message, target and strategy, and goes to it. */
export function useDuplicate(push: PushDetail) {
  const api = useApi();
  const { caller } = useSession();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async () => draftOf(push, await keptAs(api, push.strategy.name ?? "now")),
    onSuccess: draft => {
      saveDraft(caller.user, { draft, intent: null });
      void navigate("/compose");
    },
  });
}

interface Kept {
  readonly name: string;
  readonly strategy: Policy;
}

/** A strategy as it is kept now; of one that is not there any more, that of the default. */
async function keptAs(api: Api, name: string): Promise<Kept> {
  try {
    const kept = answered(await api.GET("/v1/strategies/{name}", { params: { path: { name } } }));
    return { name, strategy: kept.strategy };
  } catch (error) {
    if (name === "now") throw error;
    return keptAs(api, "now");
  }
}

/** The draft of a push like another. Its schedule is not taken over: it was for that one. */
export function draftOf(push: PushDetail, kept: Kept): Draft {
  const json = JSON.stringify(push.message, null, 2);
  const message = { ...NO_MESSAGE, as: "json" as const, json };
  const form = asForm(message);
  return {
    ...NO_DRAFT,
    message: form === null ? message : { ...form, as: "form" },
    target: targetText(push.target),
    strategy: { name: kept.name, changes: changesOf(kept.strategy, push.strategy) },
  };
}
