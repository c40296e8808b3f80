import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { answered } from "../api/client.js";
import { useApi } from "../api/context.js";
import type { Audience, Group, Terminal } from "../api/schema.js";
import { useSession } from "../session/session.js";
import { type Counted, NO_VOCABULARY, type Vocabulary } from "./completion.js";

/** As long as what completion offers may be old. */
const KEPT = { staleTime: 60_000, refetchOnWindowFocus: false } as const;
const LARGEST_PAGE = 500;

/**
 * What is connected now, to be named in a target: groups, attributes with their commonest values, and the first users
 * and terminals. Empty for who may not look at terminals.
 */
export function useVocabulary(): Vocabulary {
  const api = useApi();
  const enabled = useSession().may("terminals:read");
  const groups = useQuery({
    queryKey: ["target", "groups"],
    queryFn: async () => answered(await api.GET("/v1/groups", { params: { query: { limit: LARGEST_PAGE } } })).items,
    ...{ enabled, ...KEPT },
  });
  const everybody = useQuery({
    queryKey: ["target", "everybody"],
    queryFn: async () => answered(await api.GET("/v1/terminals/summary")).audience,
    ...{ enabled, ...KEPT },
  });
  const terminals = useQuery({
    queryKey: ["target", "terminals"],
    queryFn: async () => answered(await api.GET("/v1/terminals", { params: { query: { limit: LARGEST_PAGE } } })).items,
    ...{ enabled, ...KEPT },
  });
  return useMemo(
    () => vocabularyOf(groups.data ?? [], everybody.data ?? null, terminals.data ?? []),
    [groups.data, everybody.data, terminals.data],
  );
}

/** The same from answers of the service: what most connections have stands first. */
function vocabularyOf(
  groups: readonly Group[],
  everybody: Audience | null,
  terminals: readonly Terminal[],
): Vocabulary {
  const attributes = Object.entries(everybody?.by_attribute ?? {})
    .map(([name, held]) => [name, commonestFirst(held)] as const)
    .sort(([, one], [, other]) => total(other) - total(one));
  return {
    names: {
      ...NO_VOCABULARY.names,
      group: commonestFirst(groups.map(({ name, connections }) => ({ value: name, connections }))),
      user: counted(terminals.map(each => each.user)),
      terminal: counted(terminals.map(each => each.terminal_id)),
    },
    attributes: new Map(attributes),
  };
}

function commonestFirst<T>(held: readonly Counted<T>[]): readonly Counted<T>[] {
  return held.toSorted((one, other) => other.connections - one.connections);
}

function total(held: readonly Counted<unknown>[]): number {
  return held.reduce((sum, { connections }) => sum + connections, 0);
}

function counted(values: readonly string[]): readonly Counted<string>[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([value, connections]) => ({ value, connections }))
    .sort((a, b) => (a.value < b.value ? -1 : 1));
}
