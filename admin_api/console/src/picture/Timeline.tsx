import { Button, SegmentedControl } from "@mantine/core";
import { type PointerEvent, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Picture } from "../api/schema.js";
import { axis as axisFor } from "./axis.js";
import { lanesInWords } from "./bar_words.js";
import { tracksOf } from "./bars.js";
import { drawingOf } from "./drawing.js";
import { Handle } from "./Handle.js";
import { type Hovered, LaneHover } from "./LaneHover.js";
import { Lanes } from "./Lanes.js";
import { placed, widthOf } from "./labels.js";
import { linesOf } from "./marks.js";
import { hasBeen, progressAt, restingAt } from "./moment.js";
import { laneName, markInWords, progressInWords, timeOf } from "./names.js";
import { isHaltedAt } from "./progress.js";
import { ReachCurve } from "./ReachCurve.js";
import { areShownEach, rows as rowsOf, together } from "./rows.js";
import { Breaks, Scale } from "./Scale.js";
import { useWidth } from "./size.js";
import classes from "./Timeline.module.css";

interface TimelineProps {
  readonly forecast: Picture | null;
  readonly actual: Picture | null;
  /** Another strategy for the same audience: its reach is laid over this one's. */
  readonly compare?: { readonly name: string; readonly picture: Picture } | null | undefined;
  /** How many terminals are meant. */
  readonly total: number;
  /** How many it was for as far as is counted: more than the picture shows, where some came back later. */
  readonly targeted: number;
  /** The time of day while the push goes on, or is a plan; null: it is over. */
  readonly now: Date | null;
  /** The moment of the handle; null: where it rests. */
  readonly at: Date | null;
  readonly onAt: (at: Date | null) => void;
}

const NARROW = 560;
const RIGHT = 16;
const CURVE = 96;
const LINE = 15;

/** When a push does what, in a row for each lane; how far it reaches, under it; and a handle to look at any moment. */
export function Timeline({ forecast, actual, compare = null, total, targeted, now, at, onAt }: TimelineProps) {
  const { t } = useTranslation("picture");
  const { ref, width } = useWidth<HTMLDivElement>(720);
  const box = useRef<HTMLDivElement | null>(null);
  const [each, setEach] = useState<boolean | null>(null);
  const [hover, setHover] = useState<Hovered | null>(null);

  const planned = forecast === null ? null : drawingOf(forecast);
  const done = actual === null ? null : drawingOf(actual);
  const other = compare === null ? null : { name: compare.name, drawing: drawingOf(compare.picture) };
  const time = now?.getTime() ?? null;
  const open = time !== null;

  const own = [planned, done].filter(one => one !== null);
  const drawings = other === null ? own : [...own, other.drawing];
  const lanes = new Set(own.flatMap(one => one.lanes.map(lane => lane.id)));
  const joined = together(own);
  const narrow = width < NARROW;
  const by = joined === null || (each ?? (!narrow && areShownEach(lanes.size))) ? "lane" : joined;
  const rows = useMemo(() => rowsOf(planned, done, by), [planned, done, by]);

  const longest = Math.max(0, ...rows.map(row => widthOf(laneName(t, row), 11)));
  const left = narrow ? 4 : Math.round(Math.min(Math.max(longest + 56, 120), 240, width * 0.3));
  const axis = useMemo(
    () =>
      axisFor(
        [planned, done, other?.drawing ?? null].filter(one => one !== null),
        {
          width: Math.max(width - left - RIGHT, 80),
          now: done === null ? null : time,
          unfinished: done !== null && open ? [done] : [],
        },
      ),
    [planned, done, other?.drawing, width, left, time, open],
  );

  if (drawings.length === 0 || rows.length === 0) return <p>{t("timeline.empty")}</p>;

  const tenses = { forecast: planned, actual: done, now: time };
  const moment = at?.getTime() ?? Math.min(restingAt(tenses), axis.to);
  const been = hasBeen(tenses, moment);
  const words = progressInWords(t, progressAt(tenses, moment, { total, targeted }));
  const seconds = axis.to - axis.from < 3_600_000 || moment % 60_000 !== 0;
  const said = t("readout.text", { time: timeOf(moment, { besides: time ?? axis.from, seconds }), ...words });
  const tense = been ? (at === null && open ? "live" : "happened") : "expected";

  // While it stands still, nothing that was foreseen comes at its time.
  const stands = done !== null && isHaltedAt(done, done.to);
  const lines = linesOf({ forecast: planned, actual: done, open: open && !stands }, axis, time);
  const labels = placed(
    lines.map(line => ({
      id: `${line.kind} ${line.at}`,
      x: line.x,
      text: markInWords(t, line),
      weight: line.weight,
    })),
    axis.width,
    narrow ? 3 : 2,
  );
  const head = LINE * (Math.max(-1, ...labels.map(label => label.line)) + 1) + 4;
  const tracks = tracksOf(planned !== null, done !== null, narrow ? 16 : 0);
  const lanesHeight = rows.length * tracks.height;
  const events = [
    ...new Set(drawings.flatMap(one => one.lanes.flatMap(lane => lane.spans.flatMap(span => [span.from, span.to])))),
  ].sort((one, two) => one - two);

  const drag = (clientX: number) => {
    const rect = box.current?.getBoundingClientRect();
    if (rect !== undefined) onAt(new Date(axis.at(clientX - rect.left - left)));
  };
  const pointing = {
    onPointerDown: (event: PointerEvent) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      drag(event.clientX);
    },
    onPointerMove: (event: PointerEvent) =>
      event.currentTarget.hasPointerCapture(event.pointerId) && drag(event.clientX),
  };
  const over = (event: PointerEvent<SVGRectElement>) => {
    const rect = event.currentTarget.getBoundingClientRect();
    const row = rows[Math.floor((event.clientY - rect.top) / tracks.height)];
    const outer = box.current?.getBoundingClientRect();
    if (row === undefined || outer === undefined || event.pointerType === "touch") return setHover(null);
    setHover({
      x: event.clientX - outer.left,
      y: event.clientY - outer.top,
      row,
      at: axis.at(event.clientX - rect.left),
    });
  };
  const through = (height: number) =>
    lines
      .filter(line => line.through)
      .map(line => (
        <path
          key={`${line.kind} ${line.at}`}
          className={classes.markLine}
          data-kind={line.kind}
          data-tone={line.tone}
          d={`M${left + line.x} 0V${height}`}
        />
      ));
  const handleLine = (height: number) => (
    <path className={classes.handleLine} d={`M${left + axis.x(moment)} 0V${height}`} />
  );

  return (
    <section className={classes.timeline} aria-label={t("timeline.label")} ref={ref}>
      <div className={classes.head}>
        <output className={`${classes.readout} tabular`}>
          {said}
          <span className={classes.tense} data-tense={tense}>
            {t(`readout.${tense}`)}
          </span>
        </output>
        {at !== null && (
          <Button size="compact-xs" variant="default" onClick={() => onAt(null)}>
            {open && done !== null ? t("readout.back") : t("readout.reset")}
          </Button>
        )}
        {joined !== null && (
          <SegmentedControl
            size="xs"
            aria-label={t("timeline.rows")}
            value={by === "lane" ? "each" : "joined"}
            onChange={value => setEach(value === "each")}
            data={[
              { value: "joined", label: t("timeline.zone") },
              { value: "each", label: t("timeline.each") },
            ]}
          />
        )}
      </div>
      <div ref={box} style={{ position: "relative" }}>
        <svg className={classes.drawing} width={width} height={head} aria-hidden>
          {labels.map(label => {
            const line = lines.find(one => `${one.kind} ${one.at}` === label.id);
            return (
              <g key={label.id}>
                <path
                  className={classes.markLine}
                  data-kind={line?.kind}
                  data-tone={line?.tone}
                  d={`M${left + label.x} ${head - label.line * LINE - 4}V${head}`}
                />
                <text
                  className={classes.markText}
                  data-kind={line?.kind}
                  data-tone={line?.tone}
                  x={left + label.left}
                  y={head - label.line * LINE - 6}
                >
                  {label.text}
                </text>
              </g>
            );
          })}
        </svg>
        <section
          className={classes.scroll}
          aria-label={t("timeline.lanes")}
          {...(lanesHeight > 336 && { tabIndex: 0 })}
        >
          <svg
            className={classes.drawing}
            width={width}
            height={lanesHeight}
            role="img"
            aria-label={lanesInWords(t, rows)}
          >
            <Lanes
              rows={rows}
              marks={(done ?? planned)?.marks ?? []}
              axis={axis}
              tracks={tracks}
              left={left}
              labelled={narrow ? "above" : "before"}
              between={<Breaks axis={axis} left={left} height={lanesHeight} />}
            />
            {through(lanesHeight)}
            {handleLine(lanesHeight)}
            <rect
              className={classes.plot}
              x={left}
              y={0}
              width={axis.width}
              height={lanesHeight}
              {...pointing}
              onPointerMove={event => {
                pointing.onPointerMove(event);
                over(event);
              }}
              onPointerLeave={() => setHover(null)}
            />
          </svg>
        </section>
        <svg className={classes.drawing} width={width} height={CURVE + 56} role="img" aria-label={said}>
          <g transform="translate(0 8)">
            <Breaks axis={axis} left={left} height={CURVE} />
            <ReachCurve
              forecast={planned}
              actual={done}
              compare={other}
              total={total}
              axis={axis}
              left={left}
              height={CURVE}
              at={moment}
            />
            {through(CURVE)}
            {handleLine(CURVE + 8)}
            <rect className={classes.plot} x={left} y={0} width={axis.width} height={CURVE} {...pointing} />
          </g>
          <Scale axis={axis} left={left} top={CURVE + 8} />
        </svg>
        <Handle
          axis={axis}
          at={moment}
          left={left}
          top={head + Math.min(lanesHeight, 336) + CURVE - 4}
          text={said}
          events={events}
          onAt={next => onAt(next === null ? null : new Date(next))}
          onDrag={drag}
        />
        {hover !== null && <LaneHover hovered={hover} width={width} seconds={seconds} />}
      </div>
    </section>
  );
}
