import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import type { AwayTerminal, Terminal } from "../../api/schema.js";
import { asked } from "./filter.js";

/** A row of the table: a connection, or a terminal that is away. */
export type Row = Terminal | AwayTerminal;

export const isConnected = (row: Row): row is Terminal => "connection_id" in row;

/** What tells a row from all others. */
export const keyOf = (row: Row): string => (isConnected(row) ? row.connection_id : row.terminal_id);

const PAGE = 200;
/** The counts are polled; the rows are not, so that none of them moves under the pointer. */
const COUNTED_EVERY_MS = 5_000;

/** Whom a filter means, counted; what was counted before stays until the next count is there. */
export function useCounts(filter: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["terminals", "summary", filter],
    queryFn: async () =>
      answered(await api.GET("/v1/terminals/summary", { params: { query: asked(filter) } })).audience,
    placeholderData: keepPreviousData,
    refetchInterval: COUNTED_EVERY_MS,
    refetchIntervalInBackground: false,
    retry: false,
  });
}

/** The connections that a filter means, page by page. They stay as they were read until they are read again. */
export function useConnected(filter: string, enabled: boolean) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["terminals", "connected", filter],
    queryFn: async ({ pageParam }) =>
      answered(await api.GET("/v1/terminals", { params: { query: { ...asked(filter), ...paged(pageParam) } } })),
    ...PAGING,
    enabled,
  });
}

/** The terminals that are away, page by page. */
export function useAway(filter: string, enabled: boolean) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["terminals", "away", filter],
    queryFn: async ({ pageParam }) =>
      answered(await api.GET("/v1/terminals/away", { params: { query: { ...asked(filter), ...paged(pageParam) } } })),
    ...PAGING,
    enabled,
  });
}

const paged = (cursor: string | null) => ({ limit: PAGE, ...(cursor !== null && { cursor }) });

const PAGING = {
  initialPageParam: null as string | null,
  getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor,
  staleTime: Number.POSITIVE_INFINITY,
  refetchOnWindowFocus: false,
  retry: false,
} as const;
