import { UserManager, WebStorageStateStore } from "oidc-client-ts";
import type { OidcConfig } from "../api/config.js";

/** The authorization code flow with PKCE (RFC 7636), at the company's identity provider. Loaded only where it is used. */
function manager(oidc: OidcConfig): UserManager {
  const redirect = new URL(oidc.redirect_path, new URL("..", document.baseURI)).href;
  return new UserManager({
    authority: oidc.authority,
    client_id: oidc.client_id,
    scope: oidc.scope,
    redirect_uri: redirect,
    response_type: "code",
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: false,
  });
}

/** Leaves for the identity provider, and comes back to where one is now. */
export async function leaveToSignIn(oidc: OidcConfig): Promise<void> {
  await manager(oidc).signinRedirect({ state: location.pathname + location.search });
}

/** A token, and the page that was left for it. */
export interface Arrival {
  readonly token: string;
  readonly page: string;
}

/** Whether the identity provider has just sent the browser back here. */
export function isArriving(): boolean {
  const query = new URLSearchParams(location.search);
  return query.has("state") && (query.has("code") || query.has("error"));
}

/** Trades the code in the address for a token. Raises Error, with what the provider said, if there is none. */
export async function arrive(oidc: OidcConfig): Promise<Arrival> {
  const user = await manager(oidc).signinRedirectCallback();
  const page = typeof user.state === "string" ? user.state : new URL(document.baseURI).pathname;
  return { token: user.access_token, page };
}
