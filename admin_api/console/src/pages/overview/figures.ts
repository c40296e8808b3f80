import { useQuery } from "@tanstack/react-query";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { LIVE, SLOWLY } from "../../api/live.js";

/** Figures of now. */
export function useStats() {
  const api = useApi();
  return useQuery({ queryKey: ["stats"], queryFn: async () => answered(await api.GET("/v1/stats")), ...LIVE });
}

/** What happened in each minute of the last hour. */
export function useActivity() {
  const api = useApi();
  return useQuery({
    queryKey: ["activity", "1h"],
    queryFn: async () =>
      answered(await api.GET("/v1/stats/activity", { params: { query: { last: "1h", step: "60s" } } })),
    ...SLOWLY,
  });
}
