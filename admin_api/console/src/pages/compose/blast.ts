import type { TFunction } from "i18next";
import type { Preview } from "../../api/schema.js";
import type { ScheduleDraft } from "./schedule.js";

type Words = TFunction<["compose", "shell"]>;

/** How far a push goes, in a sentence: "Reaches 1,284 terminals of 1,102 users, 63 away". */
export function reachInWords({ terminals, users, away }: Preview["audience"], t: Words): string {
  return t("reach", {
    terminals: t("units.terminals", { ns: "shell", count: terminals }),
    users: t("units.users", { ns: "shell", count: users }),
    count: away,
  });
}

/** What the button that sends says: what happens, and to how many. */
export function sendInWords(
  terminals: number,
  away: number,
  when: ScheduleDraft["is"],
  approval: boolean,
  t: Words,
): string {
  const said = { terminals: t("units.terminals", { ns: "shell", count: terminals }) };
  if (approval) return t("send.approval", said);
  if (when === "at") return t("send.at", said);
  if (when === "repeat") return t("send.repeat", said);
  if (terminals === 0 && away > 0) return t("send.away", { count: away });
  return t("send.now", said);
}

/** Whether it would wait for a second person. */
export const needsApproval = ({ warnings }: Preview): boolean =>
  warnings.some(warning => warning.code === "needs_approval");
