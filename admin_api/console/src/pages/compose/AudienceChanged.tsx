import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { figure } from "../../format/figures.js";
import { Notice } from "../../shell/Notice.js";
import classes from "./Compose.module.css";
import type { AudienceChange, Moved } from "./intent.js";
import { NumberToType } from "./NumberToType.js";
import { isTyped, numberToType } from "./outcome.js";

/** Names beyond these are counted, not listed. */
const NAMES_SHOWN = 12;

interface AudienceChangedProps {
  readonly change: AudienceChange;
  readonly confirmAbove: number;
  readonly sending: boolean;
  readonly onLookAgain: () => void;
  readonly onSend: () => void;
}

/** The plan was not sent, since others are meant than were shown: who came, who went, and what one may do. */
export function AudienceChanged({ change, confirmAbove, sending, onLookAgain, onSend }: AudienceChangedProps) {
  const { t } = useTranslation(["compose", "shell"]);
  const [typed, setTyped] = useState("");
  const wanted = numberToType(change.now, confirmAbove);
  return (
    <form
      className={classes.dialog}
      onSubmit={event => {
        event.preventDefault();
        onSend();
      }}
    >
      <Notice role="alert" title={t("changed.title")}>
        <p>{t("changed.detail")}</p>
      </Notice>
      <dl className={`${classes.figures} tabular`}>
        <div>
          <dt>{t("changed.planned")}</dt>
          <dd>{figure(change.planned)}</dd>
        </div>
        <div>
          <dt>{t("changed.now")}</dt>
          <dd>{figure(change.now)}</dd>
        </div>
      </dl>
      <Names heading={t("changed.came", { count: change.came.terminals })} moved={change.came} />
      <Names heading={t("changed.went", { count: change.went.terminals })} moved={change.went} />
      {wanted !== null && <NumberToType wanted={wanted} value={typed} onChange={setTyped} />}
      <div className={classes.buttons}>
        <Button type="button" variant="default" onClick={onLookAgain} disabled={sending}>
          {t("changed.lookAgain")}
        </Button>
        <Button type="submit" loading={sending} disabled={wanted !== null && !isTyped(typed, wanted)}>
          {t("changed.send", { terminals: t("units.terminals", { ns: "shell", count: change.now }) })}
        </Button>
      </div>
    </form>
  );
}

function Names({ heading, moved }: { heading: string; moved: Moved }) {
  const { t } = useTranslation("compose");
  if (moved.terminals === 0) return null;
  const names = moved.names?.slice(0, NAMES_SHOWN) ?? [];
  return (
    <div>
      <div className={classes.label}>{heading}</div>
      {moved.names === null ? (
        <p className={classes.hint}>{t("changed.noNames")}</p>
      ) : (
        <ul className={classes.names}>
          {names.map(name => (
            <li key={name}>{name}</li>
          ))}
          {moved.terminals > names.length && <li>{t("changed.more", { count: moved.terminals - names.length })}</li>}
        </ul>
      )}
    </div>
  );
}
