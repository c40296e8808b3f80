import type { TFunction } from "i18next";
import { clock } from "../format/moments.js";
import type { Line } from "./marks.js";
import type { Progress } from "./moment.js";
import { dayOf } from "./ticks.js";

type T = TFunction<"picture">;

/** `Asia/Tokyo · wave 1`, or one of the two. */
export function laneName(t: T, { wave, timezone }: { wave: number | null; timezone: string | null }): string {
  const zone = timezone === null ? null : timezone === "" ? t("timeline.noZone") : timezone.replaceAll("_", " ");
  if (zone === null) return wave === null ? t("timeline.all") : t("timeline.wave", { wave });
  return wave === null ? zone : t("timeline.row", { zone, wave: t("timeline.wave", { wave }) });
}

/** The time of day, with the day where it is not that of `besides`. */
export function timeOf(at: number, { besides, seconds }: { besides: number; seconds: boolean }): string {
  const date = new Date(at);
  const time = clock(date, { seconds });
  return dayOf(date) === dayOf(new Date(besides)) ? time : `${dayOf(date)} ${time}`;
}

/** `20 reached, 367 wait`, of those who are meant. */
export function progressInWords(t: T, { reached, later, waiting, missed }: Progress) {
  const inTurn = t("readout.reached", { count: reached });
  return {
    reached: later === 0 ? inTurn : t("readout.later", { reached: inTurn, count: later }),
    rest: missed > 0 ? t("readout.missed", { count: missed }) : t("readout.waits", { count: waiting }),
  };
}

/** `expires 18:00`: what is marked, and when, where that matters. */
export function markInWords(t: T, line: Line): string {
  const mark = t(`mark.${line.kind}`);
  if (line.kind === "now" || line.kind === "start") return mark;
  const seconds = line.at % 60_000 !== 0;
  return t("markAt", { mark, time: clock(new Date(line.at), { seconds }) });
}
