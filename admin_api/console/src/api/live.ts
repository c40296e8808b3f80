/**
 * Options of a query whose answer is to stay fresh: asked every two seconds (the service answers 304 if nothing has
 * changed), and not while the page is hidden.
 */
export const LIVE = { refetchInterval: 2_000, refetchIntervalInBackground: false, staleTime: 1_000 } as const;

/** The same for what changes slowly, such as curves over an hour. */
export const SLOWLY = { refetchInterval: 15_000, refetchIntervalInBackground: false, staleTime: 10_000 } as const;
