import { queryOptions, useQuery } from "@tanstack/react-query";
import { type Api, answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { LIVE } from "../../api/live.js";
import { isLive } from "./going.js";
import { headline } from "./headline.js";

/** How a push is asked for, by whoever needs it. */
export const pushQuery = (api: Api, pushId: string) =>
  queryOptions({
    queryKey: ["push", pushId],
    queryFn: async () => answered(await api.GET("/v1/pushes/{push_id}", { params: { path: { push_id: pushId } } })),
  });

/** A push with its message and counts; asked for again as long as anything may change. */
export function usePush(pushId: string, enabled = true) {
  const api = useApi();
  return useQuery({
    ...pushQuery(api, pushId),
    enabled,
    staleTime: LIVE.staleTime,
    refetchIntervalInBackground: false,
    refetchInterval: ({ state }) =>
      state.data === undefined || isLive(state.data, new Date()) ? LIVE.refetchInterval : false,
  });
}

/** What a push is about, on one line; asked for once, since a message stays as it is. Null while that is not known. */
export function useHeadline(pushId: string): string | null {
  const api = useApi();
  const asked = useQuery({
    ...pushQuery(api, pushId),
    select: push => headline(push.message),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return asked.data ?? null;
}

/** Its timelines: what was foreseen, and what happened. `live`: whether more may happen. */
export function useTimelines(pushId: string, live: boolean, enabled = true) {
  const api = useApi();
  return useQuery({
    queryKey: ["push", pushId, "timeline"],
    queryFn: async () =>
      answered(await api.GET("/v1/pushes/{push_id}/timeline", { params: { path: { push_id: pushId } } })),
    enabled,
    staleTime: LIVE.staleTime,
    refetchIntervalInBackground: false,
    refetchInterval: live ? LIVE.refetchInterval : false,
  });
}
