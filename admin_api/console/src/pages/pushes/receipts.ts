import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { type Api, answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { LIVE } from "../../api/live.js";
import { everyItem } from "../../api/pages.js";
import type { PushDetail, Receipt } from "../../api/schema.js";

/** The most receipts that are asked for to draw each terminal; of larger pushes the counts are drawn. */
const MOST_DRAWN = 5_000;
const LARGEST_PAGE = 500;
const PAGE = 100;

/** Which receipts are listed. `open`: of who has not acknowledged what the strategy needs. */
export type Which = "open" | "failed" | "gone" | "recalled" | "all";
export type Kind = Receipt["kind"];

/** The kinds of receipts that a choice stands for; none: all of them. */
export function kindsOf(which: Which, { strategy }: Pick<PushDetail, "strategy">): readonly Kind[] {
  switch (which) {
    case "open":
      return strategy.ack?.need === "read" ? ["sent", "received"] : ["sent"];
    case "failed":
      return ["failed"];
    case "gone":
      return ["gone", "expired", "skipped"];
    case "recalled":
      return ["recalled"];
    case "all":
      return [];
  }
}

/** Whether the strategy keeps a receipt for each terminal. */
export const keepsReceipts = ({ strategy }: Pick<PushDetail, "strategy">): boolean =>
  strategy.receipts === "each" || strategy.ack != null;

/** A filter of receipts as the service takes it. */
export interface ReceiptFilter {
  readonly kinds: readonly Kind[];
  readonly wave: number | null;
}

/** Every receipt of a push, for its dots; null while they load, where none are kept, and where there are too many. */
export function useDrawnReceipts(push: PushDetail, live: boolean): readonly Receipt[] | null {
  const api = useApi();
  const few = push.counts.targeted > 0 && push.counts.targeted <= MOST_DRAWN;
  const pages = Math.ceil(push.counts.targeted / LARGEST_PAGE);
  const asked = useQuery({
    queryKey: ["push", push.id, "receipts", "drawn"],
    queryFn: () => everyReceipt(api, push.id, { kinds: [], wave: null }, MOST_DRAWN),
    enabled: keepsReceipts(push) && few,
    staleTime: LIVE.staleTime,
    refetchIntervalInBackground: false,
    refetchInterval: live ? LIVE.refetchInterval * Math.max(1, pages) : false,
  });
  return asked.data ?? null;
}

/** Receipts by pages, as many as one goes on to. */
export function useReceipts(push: PushDetail, { kinds, wave }: ReceiptFilter, live: boolean) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["push", push.id, "receipts", kinds, wave],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => receiptPage(api, push.id, { kinds, wave }, pageParam, PAGE),
    getNextPageParam: page => page.next_cursor,
    enabled: keepsReceipts(push),
    staleTime: LIVE.staleTime,
    refetchIntervalInBackground: false,
    refetchInterval: live ? LIVE.refetchInterval : false,
  });
}

/** All receipts of a filter, page by page, at most `most`. Raises ProblemError. */
export async function everyReceipt(
  api: Api,
  pushId: string,
  filter: ReceiptFilter,
  most = Number.POSITIVE_INFINITY,
): Promise<Receipt[]> {
  const { items } = await everyItem(cursor => receiptPage(api, pushId, filter, cursor, LARGEST_PAGE), most);
  return items;
}

async function receiptPage(
  api: Api,
  pushId: string,
  { kinds, wave }: ReceiptFilter,
  cursor: string | undefined,
  limit: number,
) {
  const query = { limit, kind: [...kinds], ...(wave !== null && { wave }), ...(cursor && { cursor }) };
  return answered(await api.GET("/v1/pushes/{push_id}/receipts", { params: { path: { push_id: pushId }, query } }));
}
