/** Where the token is kept: in the tab's own storage, so that it is gone with the tab. */

const KEY = "fanfare.token";

/** The token of this tab, null if nobody is signed in. One in the address (`#token=`) is taken out of it and kept. */
export function takeToken(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given !== null) {
    keepToken(given);
    history.replaceState(history.state, "", location.pathname + location.search);
    return given;
  }
  return sessionStorage.getItem(KEY);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY);
}
