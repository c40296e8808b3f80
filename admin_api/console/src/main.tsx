import { useMemo } from "react";
import { RouterProvider } from "react-router";
import type { Config } from "./api/config.js";
import { ProblemError } from "./api/problem.js";
import { router } from "./routes.js";
import { SessionHolder } from "./session/session.js";
import { keepToken } from "./session/store.js";
import { SignIn } from "./shell/SignIn.js";
import { Loading } from "./shell/states.js";
import { start } from "./start.js";

/** Where the console begins on this host: `/console`, on AWS behind a stage. */
const BASE = new URL(document.baseURI).pathname.replace(/\/$/, "");

function Console({ config, failure }: { config: Config; failure: ProblemError | null }) {
  const routes = useMemo(() => router(BASE), []);
  return (
    <SessionHolder config={config} failure={failure}>
      {standing => {
        if (standing.is === "checking") return <Loading />;
        if (standing.is === "out") return <SignIn config={config} {...standing} />;
        return <RouterProvider router={routes} />;
      }}
    </SessionHolder>
  );
}

/** Comes back from the identity provider, if that is where the browser comes from; why that failed, if it did. */
async function arrive({ oidc }: Config): Promise<ProblemError | null> {
  if (oidc === null || !new URLSearchParams(location.search).has("state")) return null;
  const { arrive, isArriving } = await import("./session/oidc.js");
  if (!isArriving()) return null;
  try {
    const { token, page } = await arrive(oidc);
    keepToken("fanfare.token", token);
    history.replaceState(null, "", page);
    return null;
  } catch (error) {
    history.replaceState(null, "", location.pathname);
    return new ProblemError({ code: "sign_in_failed", detail: error instanceof Error ? error.message : String(error) });
  }
}

await start(async config => {
  const failure = await arrive(config);
  return <Console config={config} failure={failure} />;
});
