import { Anchor, Button } from "@mantine/core";
import { IconAlertOctagon, IconAlertTriangle, IconCheck, IconInfoCircle, type TablerIcon } from "@tabler/icons-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { Moment } from "../shell/Moment.js";
import { type Level, shown } from "./convention.js";
import classes from "./MessageCard.module.css";

export interface MessageCardProps {
  /** Any JSON value; ./convention says how it is read. */
  readonly message: unknown;
  /** When it was sent, RFC 3339. */
  readonly sentAt?: string | undefined;
  /** What the terminal is asked to acknowledge: `read` makes it a dialog that a person has to confirm. */
  readonly ack?: "received" | "read" | null | undefined;
  /** What the confirm button does. Without it the card is a picture of one: the button is there and does nothing. */
  readonly onConfirm?: (() => void) | undefined;
  /** It was confirmed: the button gives way to a word. */
  readonly confirmed?: boolean | undefined;
}

const MARKS: Record<Level, TablerIcon> = {
  info: IconInfoCircle,
  warning: IconAlertTriangle,
  critical: IconAlertOctagon,
};

/** A message as a terminal shows it: a toast, or where a person has to confirm it, a dialog. */
export function MessageCard({ message, sentAt, ack, onConfirm, confirmed = false }: MessageCardProps) {
  const { t } = useTranslation("message");
  const name = useId();
  const mustRead = ack === "read";
  const it = shown(message);
  const level = it.as === "card" ? it.level : "info";
  const Mark = MARKS[level];
  return (
    <article
      className={classes.card}
      data-form={mustRead ? "dialog" : "toast"}
      data-level={level}
      aria-labelledby={name}
      dir="auto"
    >
      <header className={classes.head}>
        <span className={classes.level}>
          <Mark size={16} stroke={2} aria-hidden />
          {t(`level.${level}`)}
        </span>
        {mustRead && !confirmed && <span>{t("mustRead")}</span>}
        {sentAt !== undefined && (
          <span className={classes.when}>
            <Moment at={sentAt} />
          </span>
        )}
      </header>
      {it.as === "json" ? (
        <>
          <p id={name} className={classes.note}>
            {t("asJson")}
          </p>
          <pre className={classes.json}>{it.text}</pre>
        </>
      ) : (
        <>
          {it.title !== null && (
            <p id={name} className={classes.title}>
              {it.title}
            </p>
          )}
          {it.body !== null && (
            <p id={it.title === null ? name : undefined} className={classes.body}>
              {it.body}
            </p>
          )}
          {it.link !== null && (
            <Anchor href={it.link.href} target="_blank" rel="noopener noreferrer" className={classes.link ?? ""}>
              {it.link.label}
            </Anchor>
          )}
        </>
      )}
      {mustRead && (
        <footer className={classes.foot}>
          {confirmed ? (
            <span className={classes.confirmed}>
              <IconCheck size={16} stroke={2} aria-hidden />
              {t("confirmed")}
            </span>
          ) : (
            <Button size="sm" onClick={onConfirm} aria-disabled={onConfirm === undefined}>
              {t("confirm")}
            </Button>
          )}
        </footer>
      )}
    </article>
  );
}
