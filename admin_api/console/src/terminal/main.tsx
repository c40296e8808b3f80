import i18next from "i18next";
import type { Config } from "../api/config.js";
import { SessionHolder } from "../session/session.js";
import { SignIn } from "../shell/SignIn.js";
import { Loading } from "../shell/states.js";
import { start } from "../start.js";
import { TerminalPage } from "./TerminalPage.js";

const COMMAND = "fanfare token --user alice --group ops --attr os=windows";

function Terminal({ config }: { config: Config }) {
  return (
    <SessionHolder config={config} place="fanfare.terminal.token">
      {standing => {
        if (standing.is === "checking") return <Loading />;
        // Another token is another terminal, and another person's history.
        if (standing.is === "in") return <TerminalPage key={standing.session.token} />;
        const title = i18next.t("signIn", { ns: "terminal" });
        return <SignIn config={{ ...config, oidc: null }} title={title} command={COMMAND} {...standing} />;
      }}
    </SessionHolder>
  );
}

await start(config => <Terminal config={config} />);
