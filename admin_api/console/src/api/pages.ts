/** A listing's page, as every listing of the API answers. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/**
 * Every item of a listing, page after page, at most `most`; and whether there are more.
 *
 * @param ask asks for the page at a cursor, undefined for the first.
 */
export async function everyItem<T>(
  ask: (cursor: string | undefined) => Promise<ListPage<T>>,
  most: number,
): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    items.push(...page.items);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && items.length < most);
  return { items: items.slice(0, most), more: cursor !== undefined || items.length > most };
}
