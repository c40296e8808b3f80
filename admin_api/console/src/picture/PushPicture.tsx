import { SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Counts, Picture, PlannedAudience, Receipt } from "../api/schema.js";
import { AudienceFlow } from "./AudienceFlow.js";
import { Dots } from "./Dots.js";
import { drawingOf, type SpanKind, zoneKey } from "./drawing.js";
import { countsOf, type GroupBy, groupsOf } from "./groups.js";
import { Legend } from "./Legend.js";
import { restingAt } from "./moment.js";
import { laneName } from "./names.js";
import classes from "./PushPicture.module.css";
import { Timeline } from "./Timeline.js";

interface PushPictureProps {
  /** Who is meant, and how that comes about; of a push that was sent as it was planned, if it was. */
  readonly audience?: PlannedAudience | null | undefined;
  /** How many are connected at all, where the audience does not say it. */
  readonly connected?: number | undefined;
  readonly forecast: Picture | null;
  /** Null: the push is a plan. */
  readonly actual: Picture | null;
  /** Another strategy for the same audience. */
  readonly compare?: { readonly name: string; readonly picture: Picture } | null | undefined;
  /** The newest counts of a push that was sent. */
  readonly counts?: Counts | null | undefined;
  /** What became of it at terminals whose names are known; those who are missing are drawn without a name. */
  readonly receipts?: readonly Receipt[] | null | undefined;
  /** The time of day while the push goes on, or is a plan; null: it is over. */
  readonly now: Date | null;
  /** A terminal whose name is known was chosen. */
  readonly onOpen?: ((terminalId: string) => void) | undefined;
}

const KINDS: readonly SpanKind[] = ["approval", "window", "send", "pause", "ack_wait", "resend", "escalate", "halted"];

/** A push in one picture, planned, under way or past: who, when, how far, and each terminal; with a handle to any moment. */
export function PushPicture(props: PushPictureProps) {
  const { audience = null, connected, forecast, actual, compare, counts, receipts, now, onOpen } = props;
  const { t } = useTranslation("picture");
  const [at, setAt] = useState<Date | null>(null);
  const [chosen, setChosen] = useState<GroupBy | null>(null);
  const planned = forecast === null ? null : drawingOf(forecast);
  const done = actual === null ? null : drawingOf(actual);
  const lanes = (done !== null && done.lanes.length > 0 ? done : planned)?.lanes ?? [];
  const zones = new Set(lanes.map(lane => zoneKey(lane.id))).size;
  const waves = new Set(lanes.map(lane => lane.wave)).size;
  const by = chosen ?? (zones > 1 ? "zone" : "wave");
  const foreseen = lanes.reduce((sum, lane) => sum + lane.terminals, 0);
  // A plan may leave some out: their window does not open in time. They count all the same.
  const meant = done === null ? (audience?.connections ?? 0) : 0;
  const total = Math.max(foreseen, counts?.targeted ?? 0, meant) || (audience?.connections ?? 0);
  // A plan's dots show the moment at which its handle rests; what runs shows the newest.
  const moment =
    at?.getTime() ??
    (done === null && planned !== null
      ? restingAt({ forecast: planned, actual: done, now: now?.getTime() ?? null })
      : null);
  const groups = useMemo(
    () =>
      groupsOf({
        forecast: planned,
        actual: done,
        total,
        by,
        label: key => laneName(t, key),
        left: t("dots.left"),
        counts,
        receipts,
        at: moment,
      }),
    [planned, done, total, by, t, counts, receipts, moment],
  );
  // Who came back later and got it is in no lane.
  const all = Math.max(
    total,
    groups.reduce((sum, group) => sum + group.total, 0),
  );
  const drawn = new Set(
    [planned, done].flatMap(one => one?.lanes.flatMap(lane => lane.spans.map(span => span.kind)) ?? []),
  );
  return (
    <div className={classes.picture}>
      <div className={classes.above} data-audience={audience !== null}>
        {audience !== null && <AudienceFlow audience={audience} past={actual !== null} connected={connected} />}
        <Timeline
          forecast={forecast}
          actual={actual}
          compare={compare}
          total={all}
          targeted={counts?.targeted ?? 0}
          now={now}
          at={at}
          onAt={setAt}
        />
      </div>
      <div className={classes.below}>
        <div className={classes.bar}>
          <Legend
            kinds={KINDS.filter(kind => drawn.has(kind))}
            states={countsOf(groups)}
            tenses={planned !== null && done !== null}
          />
          {zones > 1 && waves > 1 && (
            <SegmentedControl
              size="xs"
              aria-label={t("dots.by")}
              value={by}
              onChange={value => setChosen(value === "zone" ? "zone" : "wave")}
              data={[
                { value: "zone", label: t("dots.byZone") },
                { value: "wave", label: t("dots.byWave") },
              ]}
            />
          )}
        </div>
        <Dots groups={groups} total={all} onOpen={onOpen} />
      </div>
    </div>
  );
}
