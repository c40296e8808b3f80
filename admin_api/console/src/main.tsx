import { useMemo } from "react";
import { RouterProvider } from "react-router";
import type { Config } from "./api/config.js";
import { router } from "./routes.js";
import { SessionHolder } from "./session/session.js";
import { keepToken } from "./session/store.js";
import { SignIn } from "./shell/SignIn.js";
import { Loading } from "./shell/states.js";
import { start } from "./start.js";

/** Where the console begins on this host: `/console`, on AWS behind a stage. */
const BASE = new URL(document.baseURI).pathname.replace(/\/$/, "");

function Console({ config }: { config: Config }) {
  const routes = useMemo(() => router(BASE), []);
  return (
    <SessionHolder config={config}>
      {standing => {
        if (standing.is === "checking") return <Loading />;
        if (standing.is === "out") return <SignIn config={config} {...standing} />;
        return <RouterProvider router={routes} />;
      }}
    </SessionHolder>
  );
}

/** Comes back from the identity provider, if that is where the browser comes from. */
async function arrive(config: Config): Promise<void> {
  const oidc = await import("./session/oidc.js");
  if (config.oidc === null || !oidc.isArriving()) return;
  const { token, page } = await oidc.arrive(config.oidc);
  keepToken("fanfare.token", token);
  history.replaceState(null, "", page);
}

await start(async config => {
  if (config.oidc !== null && new URLSearchParams(location.search).has("state")) await arrive(config);
  return <Console config={config} />;
});
