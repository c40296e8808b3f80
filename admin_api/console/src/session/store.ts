/** Where tokens are kept: in the tab's own storage, so that they are gone with the tab. */

/** A token's place in the tab: the console's and the terminal page's are different people's. */
export type Place = "fanfare.token" | "fanfare.terminal.token";

/** The token of this tab, null if nobody is signed in. One in the address (`#token=`) is taken out of it and kept. */
export function takeToken(place: Place): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return sessionStorage.getItem(place);
  keepToken(place, given);
  history.replaceState(history.state, "", location.pathname + location.search);
  return given;
}

export function keepToken(place: Place, token: string): void {
  sessionStorage.setItem(place, token);
}

export function forgetToken(place: Place): void {
  sessionStorage.removeItem(place);
}
