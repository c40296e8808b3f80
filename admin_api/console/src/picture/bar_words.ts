import type { TFunction } from "i18next";
import { durationInWords } from "../format/durations.js";
import { figure } from "../format/figures.js";
import type { Bar } from "./bars.js";
import { widthOf } from "./labels.js";
import { laneName, timeOf } from "./names.js";
import type { Row } from "./rows.js";

type T = TFunction<"picture">;

/** What a bar says: what, from when until when, how long, how many. */
export function barTitle(t: T, { span, tense }: Pick<Bar, "span" | "tense">): string {
  const seconds = span.to - span.from < 600_000;
  const what = t("spanTitle", {
    kind: t(`span.${span.kind}`),
    from: timeOf(span.from, { besides: span.from, seconds }),
    to: timeOf(span.to, { besides: span.from, seconds }),
    duration: durationInWords((span.to - span.from) / 1_000),
  });
  const more = [
    span.terminals === null ? null : t("sends", { count: span.terminals }),
    span.perSecond === null ? null : t("pace", { count: span.perSecond }),
    t(`timeline.${tense}`),
  ];
  return [what, ...more.filter(text => text !== null)].join(" · ");
}

/** What is written in a bar, as much as there is room for; null: nothing. */
export function insideOf(t: T, { span, width, height }: Bar): string | null {
  if (height < 12 || span.kind === "ack_wait" || span.kind === "resend" || span.kind === "escalate") return null;
  const length = durationInWords((span.to - span.from) / 1_000);
  const count = figure(span.terminals ?? 0);
  const wanted =
    span.kind === "send"
      ? [span.perSecond === null ? count : `${count} · ${figure(span.perSecond)}/s`, count]
      : [`${t(`short.${span.kind}`)} ${length}`, length];
  return wanted.find(text => widthOf(text) + 8 <= width) ?? null;
}

/** The lanes as a text, for who does not see them. */
export function lanesInWords(t: T, rows: readonly Row[]): string {
  return rows
    .map(row => {
      const spans = row.actual.length > 0 ? row.actual : row.forecast;
      const tense = row.actual.length > 0 ? ("actual" as const) : ("forecast" as const);
      const bars = spans.slice(0, 12).map(span => barTitle(t, { span, tense }));
      return [laneName(t, row), t("sends", { count: row.terminals }), ...bars].join(". ");
    })
    .join("\n");
}
