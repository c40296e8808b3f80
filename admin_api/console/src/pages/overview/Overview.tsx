import { useTranslation } from "react-i18next";
import { useSession } from "../../session/session.js";
import { Needs } from "../../shell/Needs.js";
import { Page } from "../../shell/Page.js";
import { Activity } from "./Activity.js";
import { Attention } from "./Attention.js";
import { Breakdown } from "./Breakdown.js";
import { InFlight } from "./InFlight.js";
import classes from "./Overview.module.css";
import { Presence } from "./Presence.js";

/** Is all well? */
export function Component() {
  return (
    <Needs scope="terminals:read">
      <Overview />
    </Needs>
  );
}

function Overview() {
  const { t } = useTranslation("overview");
  const { may } = useSession();
  return (
    <Page title={t("title")}>
      <Presence />
      {may("push:read") && (
        <div className={classes.columns}>
          <InFlight />
          <Attention />
        </div>
      )}
      <Activity />
      <Breakdown />
    </Page>
  );
}
