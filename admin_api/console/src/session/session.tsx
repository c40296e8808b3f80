import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Api, answered, apiClient } from "../api/client.js";
import { type Config, restUrl } from "../api/config.js";
import { ApiProvider } from "../api/context.js";
import { type ProblemError, problemOf } from "../api/problem.js";
import type { Caller } from "../api/schema.js";
import { forgetToken, keepToken, type Place, takeToken } from "./store.js";

/** A scope of the REST API. */
export type Scope =
  | "push:send"
  | "push:read"
  | "push:approve"
  | "terminals:read"
  | "terminals:manage"
  | "strategies:write"
  | "senders:write"
  | "audit:read";

/** Who is signed in. */
export interface Session {
  readonly config: Config;
  readonly caller: Caller;
  readonly token: string;
  /** Whether the token has a scope: what it has not, is not shown. */
  may(scope: Scope): boolean;
  signOut(): void;
}

/** `checking`: the service is asked what a token is worth. `out`: nobody is signed in, perhaps for a reason. */
export type Standing =
  | { readonly is: "checking" }
  | { readonly is: "out"; readonly because: ProblemError | null; signIn(token: string): void }
  | { readonly is: "in"; readonly session: Session };

/** For tests, which bring a session of their own; pages use `useSession`. */
export const SessionContext = createContext<Session | null>(null);

/** Who is signed in. Raises Error outside of a session. */
export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error("useSession: nobody is signed in here");
  return session;
}

interface SignedIn {
  readonly token: string;
  readonly caller: Caller;
}

interface HolderProps {
  readonly config: Config;
  /** Where in the tab the token is kept. */
  readonly place?: Place;
  /** Why signing in elsewhere failed, if that is where the browser comes from. */
  readonly failure?: ProblemError | null;
  readonly children: (standing: Standing) => ReactNode;
}

/** Holds the session; `children` gets where it stands. */
export function SessionHolder({ config, place = "fanfare.token", failure = null, children }: HolderProps) {
  const queries = useQueryClient();
  // Once: what stands in the address later is for whoever hears that it has come.
  const [kept] = useState(() => takeToken(place));
  const token = useRef(kept);
  const [signedIn, setSignedIn] = useState<SignedIn | null>(null);
  const [checking, setChecking] = useState(kept !== null);
  const [because, setBecause] = useState<ProblemError | null>(failure);

  const leave = useCallback(
    (problem: ProblemError | null) => {
      token.current = null;
      queries.clear();
      setSignedIn(null);
      setChecking(false);
      setBecause(problem);
    },
    [queries],
  );
  const end = useCallback(
    (problem: ProblemError | null) => {
      forgetToken(place);
      leave(problem);
    },
    [leave, place],
  );
  const api: Api = useMemo(() => apiClient(restUrl(config), { token: () => token.current, ended: end }), [config, end]);
  const signIn = useCallback(
    async (given: string) => {
      token.current = given;
      setChecking(true);
      setBecause(null);
      try {
        const caller = answered(await api.GET("/v1/caller"));
        keepToken(place, given);
        setSignedIn({ token: given, caller });
        setChecking(false);
      } catch (error) {
        // Who reloads before there was an answer, or asks a service that is down, has a token that nobody refused.
        leave(problemOf(error));
      }
    },
    [api, leave, place],
  );
  useEffect(() => {
    if (token.current !== null) void signIn(token.current);
    // A link with a token, followed where the page is open already, changes nothing but the fragment.
    const followed = () => {
      const given = location.hash.startsWith("#token=") ? takeToken(place) : null;
      if (given !== null) void signIn(given);
    };
    addEventListener("hashchange", followed);
    return () => removeEventListener("hashchange", followed);
  }, [signIn, place]);

  const session = useMemo<Session | null>(() => {
    if (signedIn === null) return null;
    const scopes = new Set(signedIn.caller.scopes);
    return { config, ...signedIn, may: scope => scopes.has(scope), signOut: () => end(null) };
  }, [signedIn, config, end]);

  if (session !== null) {
    return (
      <SessionContext value={session}>
        <ApiProvider value={api}>{children({ is: "in", session })}</ApiProvider>
      </SessionContext>
    );
  }
  if (checking) return children({ is: "checking" });
  return children({ is: "out", because, signIn: given => void signIn(given) });
}
