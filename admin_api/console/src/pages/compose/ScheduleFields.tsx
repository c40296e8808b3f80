import { Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { instant, localOf } from "../../format/local_time.js";
import { useNow } from "../../format/now.js";
import { Moment } from "../../shell/Moment.js";
import classes from "./Compose.module.css";
import { type ScheduleDraft, viewersZone } from "./schedule.js";

interface ScheduleFieldsProps {
  readonly value: ScheduleDraft;
  readonly onChange: (value: ScheduleDraft) => void;
  /** What the service said of it. */
  readonly fault: string | null;
  /** When it would run next, if it repeats and that is known. */
  readonly runs: readonly string[];
}

/** Expressions to begin with, by the name of their words. */
const OFTEN = [
  ["weekdays", "0 9 * * mon-fri"],
  ["daily", "0 9 * * *"],
  ["mondays", "0 9 * * mon"],
  ["hourly", "0 * * * *"],
] as const;

/** When it is sent: at once, at a moment, or again and again. */
export function ScheduleFields({ value, onChange, fault, runs }: ScheduleFieldsProps) {
  const { t } = useTranslation("compose");
  const set = (members: Partial<ScheduleDraft>) => onChange({ ...value, ...members });
  return (
    <>
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label={t("when.heading")}
        value={value.is}
        onChange={is =>
          set({ is: is as ScheduleDraft["is"], ...(is === "at" && value.at === "" && { at: nextHour() }) })
        }
        data={(["now", "at", "repeat"] as const).map(is => ({ value: is, label: t(`when.${is}`) }))}
      />
      {value.is === "at" && <At value={value} set={set} fault={fault} />}
      {value.is === "repeat" && <Again value={value} set={set} fault={fault} runs={runs} />}
      {value.is === "now" && fault !== null && <p className={classes.fault}>{fault}</p>}
    </>
  );
}

interface FieldsProps {
  readonly value: ScheduleDraft;
  readonly set: (members: Partial<ScheduleDraft>) => void;
  readonly fault: string | null;
}

function At({ value, set, fault }: FieldsProps) {
  const { t } = useTranslation("compose");
  const now = useNow(10_000);
  const at = instant(value.at);
  const isOver = at !== null && Date.parse(at) < now.getTime();
  return (
    <>
      <TextInput
        type="datetime-local"
        label={t("when.moment")}
        description={t("when.zone", { zone: viewersZone() })}
        value={value.at}
        onChange={event => set({ at: event.currentTarget.value })}
        error={fault}
      />
      {isOver && <p className={classes.hint}>{t("when.over")}</p>}
    </>
  );
}

function Again({ value, set, fault, runs }: FieldsProps & { readonly runs: readonly string[] }) {
  const { t } = useTranslation("compose");
  const zones = useMemo(() => [...new Set([viewersZone(), "UTC", ...Intl.supportedValuesOf("timeZone")])], []);
  return (
    <>
      <TextInput
        label={t("when.cron")}
        description={t("when.cronHint")}
        classNames={{ input: classes.mono ?? "" }}
        spellCheck={false}
        value={value.cron}
        onChange={event => set({ cron: event.currentTarget.value })}
        error={fault}
      />
      <div className={classes.chips}>
        {OFTEN.map(([name, cron]) => (
          <Button key={name} size="compact-xs" variant="default" onClick={() => set({ cron })}>
            {t(`when.often.${name}`)}
          </Button>
        ))}
      </div>
      <Select
        label={t("when.timezone")}
        searchable
        limit={50}
        allowDeselect={false}
        nothingFoundMessage={t("when.noZone")}
        data={zones}
        value={value.timezone === "" ? viewersZone() : value.timezone}
        onChange={zone => set({ timezone: zone ?? "" })}
      />
      <div className={classes.pair}>
        <TextInput
          type="datetime-local"
          label={t("when.until")}
          value={value.until}
          onChange={event => set({ until: event.currentTarget.value })}
        />
        <TextInput
          type="number"
          min={1}
          max={10_000}
          label={t("when.times")}
          placeholder={t("when.noLimit")}
          value={value.times}
          onChange={event => set({ times: event.currentTarget.value })}
        />
      </div>
      {runs.length > 0 && (
        <div>
          <div className={classes.label}>{t("when.runs")}</div>
          <ol className={classes.runs}>
            {runs.map(run => (
              <li key={run}>
                <Moment at={run} />
              </li>
            ))}
          </ol>
        </div>
      )}
    </>
  );
}

/** The next full hour, by the viewer's clock: somewhere to begin. */
function nextHour(): string {
  const at = new Date();
  at.setHours(at.getHours() + 1, 0, 0, 0);
  return localOf(at);
}
