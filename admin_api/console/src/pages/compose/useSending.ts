import { useCallback, useState } from "react";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import type { ProblemError } from "../../api/problem.js";
import type { Push } from "../../api/schema.js";
import type { PushBody } from "./draft.js";
import { attempted, type Intent, intentOf, type Post } from "./intent.js";

/** Where sending stands. `unanswered`: nobody knows whether it was taken; sending again finds out, and sends it once. */
export type Standing =
  | { readonly is: "open" }
  | { readonly is: "sending" }
  | { readonly is: "refused" | "unanswered"; readonly problem: ProblemError };

export interface Sending {
  readonly standing: Standing;
  /** Sends the plan of this body. Answers with the push, or null if it stays unsent; `standing` then says why. */
  readonly send: (body: PushBody, plan: string, ifChanged: "reject" | "send") => Promise<Push | null>;
  /** As if nothing had been tried: what is shown of a refusal is taken away. */
  readonly reset: () => void;
}

/** Sends what was previewed, once for each intent. */
export function useSending(intent: Intent | null, setIntent: (intent: Intent | null) => void): Sending {
  const api = useApi();
  const [standing, setStanding] = useState<Standing>({ is: "open" });
  const send = useCallback<Sending["send"]>(
    async (body, plan, ifChanged) => {
      const post: Post = async (attempt, key) =>
        answered(
          await api.POST("/v1/pushes", {
            params: { header: { "idempotency-key": key } },
            body: { plan: { id: attempt.plan, if_changed: attempt.ifChanged } },
          }),
        );
      const meant = intentOf(JSON.stringify(body), intent);
      // Kept before the request is made: it must survive a page that is closed meanwhile.
      setIntent({ ...meant, unanswered: meant.unanswered ?? { plan, ifChanged } });
      setStanding({ is: "sending" });
      const outcome = await attempted(post, meant, { plan, ifChanged });
      if (outcome.is === "sent") {
        setStanding({ is: "open" });
        return outcome.push;
      }
      setIntent(outcome.intent);
      setStanding({ is: outcome.is, problem: outcome.problem });
      return null;
    },
    [api, intent, setIntent],
  );
  const reset = useCallback(() => setStanding({ is: "open" }), []);
  return { standing, send, reset };
}
