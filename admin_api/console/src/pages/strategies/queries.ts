import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { everyItem } from "../../api/pages.js";
import type { KeptStrategy, Policy } from "../../api/schema.js";
import { type StrategyGiven, strategyBody } from "../../graph/strategy.js";

const PAGE = 500;

/** Every strategy: those built in first, then those kept by name. */
export function useStrategies(enabled = true) {
  const api = useApi();
  return useQuery({
    queryKey: ["strategies"],
    enabled,
    queryFn: async () => {
      const { items } = await everyItem(
        async cursor =>
          answered(
            await api.GET("/v1/strategies", {
              params: { query: { limit: PAGE, ...(cursor !== undefined && { cursor }) } },
            }),
          ),
        Number.POSITIVE_INFINITY,
      );
      return items;
    },
  });
}

/** The newest version of a strategy. `name` null: nothing is asked. */
export function useStrategy(name: string | null) {
  const api = useApi();
  return useQuery({
    queryKey: ["strategy", name],
    enabled: name !== null,
    queryFn: async () => answered(await api.GET("/v1/strategies/{name}", { params: { path: { name: name ?? "" } } })),
  });
}

/** The versions that a name had, newest first: those that one page holds. */
export function useVersions(name: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["strategy", name, "versions"],
    queryFn: async () =>
      answered(await api.GET("/v1/strategies/{name}/versions", { params: { path: { name }, query: { limit: PAGE } } })),
  });
}

/** Keeps, reads anew and deletes strategies; what is shown of them follows. */
export function useKeeping() {
  const api = useApi();
  const queries = useQueryClient();
  const changed = async (name: string) => {
    await queries.invalidateQueries({ queryKey: ["strategies"] });
    await queries.invalidateQueries({ queryKey: ["strategy", name, "versions"] });
  };
  return {
    /** Keeps it as the version after `after`; 0: only if the name is free. Raises ProblemError, 412 if it is not so. */
    async keep(name: string, strategy: StrategyGiven, after: number): Promise<KeptStrategy> {
      const header = after === 0 ? { "if-none-match": "*" } : { "if-match": `"${after}"` };
      const kept = answered(
        await api.PUT("/v1/strategies/{name}", {
          params: { path: { name }, header },
          body: strategyBody(strategy) as Policy,
        }),
      );
      queries.setQueryData(["strategy", name], kept);
      await changed(name);
      return kept;
    },
    /** What it is now, whatever is shown of it. */
    async newest(name: string): Promise<KeptStrategy> {
      const newest = answered(await api.GET("/v1/strategies/{name}", { params: { path: { name } } }));
      queries.setQueryData(["strategy", name], newest);
      await changed(name);
      return newest;
    },
    /** Takes the name out of use, if this is still its version. Raises ProblemError. */
    async remove(name: string, version: number): Promise<void> {
      await api.DELETE("/v1/strategies/{name}", { params: { path: { name }, header: { "if-match": `"${version}"` } } });
      queries.removeQueries({ queryKey: ["strategy", name], exact: true });
      await changed(name);
    },
  };
}
