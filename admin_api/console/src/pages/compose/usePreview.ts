import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { type ProblemError, problemOf } from "../../api/problem.js";
import type { Preview } from "../../api/schema.js";
import type { PushBody } from "./draft.js";

/** How long a body has to stay as it is before it is previewed: on AWS a preview reads the audience. */
const SETTLED_MS = 400;
/** A plan is made anew so long before it is forgotten, so that it does not expire in the confirm dialog. */
const BEFORE_EXPIRY_MS = 120_000;

/** What a push would do, as far as that is known. */
export interface Previewed {
  /** The last picture there was: of the body as it is now, or while that is incomplete, wrong or asked for, of an earlier one. */
  readonly preview: Preview | null;
  /** Whether it is of the body as it is now. Only then its plan may be sent. */
  readonly fresh: boolean;
  /** Whether an answer is on its way. */
  readonly pending: boolean;
  /** Why the body as it is now cannot be previewed; null while that is not known. */
  readonly problem: ProblemError | null;
  /** When it was answered. */
  readonly at: Date | null;
  /** Asks now, without waiting for the body to settle; also when nothing has changed but the audience. */
  readonly again: () => void;
}

/** Previews a push whenever its body has changed and stays so for a moment. A null body is not asked about. */
export function usePreview(body: PushBody | null): Previewed {
  const api = useApi();
  const wanted = body === null ? null : JSON.stringify(body);
  const [settled, setSettled] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(wanted), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [wanted]);

  const query = useQuery({
    queryKey: ["preview", settled],
    enabled: settled !== null,
    // Leaving a body behind ends its request: nobody looks at the answer.
    queryFn: async ({ signal }) => {
      const body = JSON.parse(settled ?? "null") as PushBody;
      return answered(await api.POST("/v1/pushes/preview", { body, signal }));
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const { data, error, isFetching, refetch, dataUpdatedAt } = query;

  const [last, setLast] = useState<Preview | null>(null);
  useEffect(() => {
    if (data !== undefined) setLast(data);
  }, [data]);

  useEffect(() => {
    if (data === undefined) return;
    const left = Date.parse(data.plan.expires_at) - Date.now() - BEFORE_EXPIRY_MS;
    // Browsers hold timers of at most 2^31 ms; a plan lives an hour.
    if (left > 2 ** 31 - 1) return;
    const timer = setTimeout(() => void refetch(), Math.max(left, 10_000));
    return () => clearTimeout(timer);
  }, [data, refetch]);

  const again = useCallback(() => {
    if (wanted === settled) void refetch();
    else setSettled(wanted);
  }, [wanted, settled, refetch]);

  const isOfNow = wanted !== null && wanted === settled;
  return {
    preview: data ?? last,
    fresh: isOfNow && data !== undefined && error === null && !isFetching,
    pending: wanted !== null && (!isOfNow || isFetching),
    problem: isOfNow && error !== null && !isFetching ? problemOf(error) : null,
    at: dataUpdatedAt === 0 ? null : new Date(dataUpdatedAt),
    again,
  };
}
