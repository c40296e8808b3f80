import { instant } from "../../format/local_time.js";

/** When it is to be sent, as the page's fields hold it. All of them are kept while another kind is chosen. */
export interface ScheduleDraft {
  readonly is: "now" | "at" | "repeat";
  /** Of `at`: a moment by the viewer's clock, as `datetime-local` writes it. */
  readonly at: string;
  readonly cron: string;
  readonly timezone: string;
  /** No run after this, by the viewer's clock; empty: for ever. */
  readonly until: string;
  /** So many runs; empty: no limit. */
  readonly times: string;
}

/** The members of a push that say when. */
export interface Schedule {
  readonly send_at?: string;
  readonly repeat?: {
    readonly cron: string;
    readonly timezone: string;
    readonly until?: string;
    readonly times?: number;
  };
}

/** The zone that the viewer's clock goes by. */
export const viewersZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

export const AT_ONCE: ScheduleDraft = {
  is: "now",
  at: "",
  cron: "0 9 * * mon-fri",
  timezone: "",
  until: "",
  times: "",
};

/** The members of a push; null while something is still to be said. An absent time zone is the viewer's. */
export function scheduleOf(draft: ScheduleDraft): Schedule | null {
  if (draft.is === "now") return {};
  if (draft.is === "at") {
    const send_at = instant(draft.at);
    return send_at === null ? null : { send_at };
  }
  const cron = draft.cron.trim();
  if (cron === "") return null;
  const until = instant(draft.until);
  const times = Number.parseInt(draft.times, 10);
  return {
    repeat: {
      cron,
      timezone: draft.timezone === "" ? viewersZone() : draft.timezone,
      ...(until !== null && { until }),
      ...(!Number.isNaN(times) && { times }),
    },
  };
}
