import { useTranslation } from "react-i18next";
import { useNow } from "../format/now.js";
import type { Light } from "./desk.js";
import classes from "./TerminalPage.module.css";

/** Whether the terminal is connected: a lamp and its words. */
export function ConnectionLight({ light }: { light: Light }) {
  const { t } = useTranslation("terminal");
  const now = useNow().getTime();
  const words = () => {
    switch (light.is) {
      case "connected":
        return t(`by.${light.by}`);
      case "waiting":
        return t("waiting", { reason: light.reason, seconds: Math.max(0, Math.ceil((light.untilMs - now) / 1_000)) });
      case "refused":
        return t("light.refused");
      case "connecting":
        return t("light.connecting");
    }
  };
  return (
    <span className={classes.light} role="status">
      <span className={classes.lamp} data-is={light.is} aria-hidden />
      {words()}
    </span>
  );
}
