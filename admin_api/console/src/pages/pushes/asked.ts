/** Whose trace is open beside a push. */
export type Asked = { readonly terminal: string } | { readonly user: string };

/** Reads `?terminal=alice/desk` or `?user=alice` of the page's address. */
export function askedIn(address: URLSearchParams): Asked | null {
  const [terminal, user] = [address.get("terminal"), address.get("user")];
  if (terminal) return { terminal };
  return user ? { user } : null;
}
