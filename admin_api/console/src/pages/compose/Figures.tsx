import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Preview } from "../../api/schema.js";
import { dollars, percent } from "../../format/figures.js";
import { Moment } from "../../shell/Moment.js";
import classes from "./Compose.module.css";
import { outcomeOf } from "./outcome.js";

/** The most bytes that a push may have as a frame. */
const MOST_FRAME_BYTES = 32_768;

/** When the last is reached, when all is done, what it costs, how large it is. */
export function Figures({ preview }: { preview: Preview }) {
  const { t } = useTranslation("compose");
  const { reachedAt, endsAt, usd, mostUsd } = outcomeOf(preview);
  const share = percent(preview.frame_bytes / MOST_FRAME_BYTES);
  return (
    <dl className={`${classes.figures} tabular`}>
      <Figure name={t("figure.reached")}>{reachedAt === null ? t("figure.nobody") : <Moment at={reachedAt} />}</Figure>
      <Figure name={t("figure.ends")}>
        <Moment at={endsAt} />
      </Figure>
      <Figure name={t("figure.cost")} note={t("figure.most", { cost: dollars(mostUsd) })}>
        {dollars(usd)}
      </Figure>
      <Figure name={t("figure.frame")} note={t("figure.frameShare", { share })}>
        {t("figure.bytes", { count: preview.frame_bytes })}
      </Figure>
    </dl>
  );
}

function Figure({ name, note, children }: { name: string; note?: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}
