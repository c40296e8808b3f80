import { useTranslation } from "react-i18next";
import { clock } from "../format/moments.js";
import { barTitle } from "./bar_words.js";
import { laneName, timeOf } from "./names.js";
import type { Row } from "./rows.js";
import classes from "./Timeline.module.css";

/** Where the pointer is: over which row, at what moment, and the place of that on the page. */
export interface Hovered {
  readonly x: number;
  readonly y: number;
  readonly row: Row;
  readonly at: number;
}

/** What a lane does at a moment, by the viewer's clock and by its own. */
export function LaneHover({ hovered, width, seconds }: { hovered: Hovered; width: number; seconds: boolean }) {
  const { t } = useTranslation("picture");
  const { row, at } = hovered;
  const zone = row.timezone;
  const doing = (["actual", "forecast"] as const).flatMap(tense =>
    row[tense].filter(span => span.from <= at && at <= span.to).map(span => barTitle(t, { span, tense })),
  );
  return (
    <div
      className={`${classes.hover} tabular`}
      style={{ left: Math.max(0, Math.min(hovered.x + 12, width - 400)), top: hovered.y + 16 }}
    >
      <strong>{laneName(t, row)}</strong>
      <div>
        {timeOf(at, { besides: at, seconds })}
        {zone !== null &&
          zone !== "" &&
          ` · ${t("timeline.ownTime", { time: clock(new Date(at), { seconds, timeZone: zone }) })}`}
      </div>
      {[...new Set(doing)].slice(0, 5).map(text => (
        <div key={text}>{text}</div>
      ))}
    </div>
  );
}
