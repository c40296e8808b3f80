import { useTranslation } from "react-i18next";
import classes from "./Presence.module.css";

/** How sure it is that a terminal is connected: a mark and its word. */
export function Presence({ presence }: { presence: "verified" | "assumed" | "suspect" | "away" }) {
  const { t } = useTranslation("shell");
  return (
    <span className={classes.presence}>
      <span className={classes.mark} data-presence={presence} aria-hidden />
      {t(`presence.${presence}`)}
    </span>
  );
}
