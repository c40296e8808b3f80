import { Anchor } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { User } from "../../api/schema.js";
import { Presence } from "./Presence.js";
import classes from "./TerminalDrawer.module.css";

interface OtherTerminalsProps {
  readonly user: User;
  /** The terminal that is in view. */
  readonly shown: string;
  readonly onOpen: (next: { open: string | null; away: string | null }) => void;
}

/** What else a user has open, and what they had. */
export function OtherTerminals({ user, shown, onOpen }: OtherTerminalsProps) {
  const { t } = useTranslation("terminals");
  const open = user.connections.filter(each => each.terminal_id !== shown);
  const away = user.away.filter(each => each.terminal_id !== shown);
  if (open.length + away.length === 0) return null;
  return (
    <section className={classes.section}>
      <h2 className={classes.heading}>{t("others.title", { user: user.user })}</h2>
      <ul className={classes.list}>
        {open.map(({ connection_id, terminal_id, presence }) => (
          <li key={connection_id} className={classes.item}>
            <Anchor component="button" inherit onClick={() => onOpen({ open: connection_id, away: null })}>
              {terminal_id}
            </Anchor>
            <Presence presence={presence} />
          </li>
        ))}
        {away.map(({ terminal_id }) => (
          <li key={terminal_id} className={classes.item}>
            <Anchor component="button" inherit onClick={() => onOpen({ open: null, away: terminal_id })}>
              {terminal_id}
            </Anchor>
            <Presence presence="away" />
          </li>
        ))}
      </ul>
    </section>
  );
}
