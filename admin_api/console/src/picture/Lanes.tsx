import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { durationInWords } from "../format/durations.js";
import { figure } from "../format/figures.js";
import type { Axis } from "./axis.js";
import { barTitle, insideOf } from "./bar_words.js";
import { type Bar, barsOf, type Tracks } from "./bars.js";
import type { DrawnMark, SpanKind } from "./drawing.js";
import { widthOf } from "./labels.js";
import { laneName } from "./names.js";
import { type Row, slip } from "./rows.js";
import classes from "./Timeline.module.css";

interface LanesProps {
  readonly rows: readonly Row[];
  readonly marks: readonly DrawnMark[];
  readonly axis: Axis;
  readonly tracks: Tracks;
  /** Where the axis begins, in pixels; labels stand before it, or above the bars where that is 0. */
  readonly left: number;
  readonly labelled: "before" | "above";
  /** What lies over the bars and under everything that is written. */
  readonly between: ReactNode;
}

/** A row for each lane: what it does, when. Foreseen is outlined, done is filled. */
export function Lanes({ rows, marks, axis, tracks, left, labelled, between }: LanesProps) {
  const id = useId();
  const drawn = rows.map(row => ({ row, bars: barsOf(row, axis, tracks) }));
  return (
    <g>
      <Patterns id={id} />
      {drawn.map(({ row, bars }, index) => (
        <g key={row.id} transform={`translate(0 ${index * tracks.height})`}>
          {index % 2 === 0 && (
            <rect className={classes.band} x={0} y={0} width={left + axis.width} height={tracks.height} />
          )}
          <g transform={`translate(${left} 0)`}>
            {bars.map(bar => (
              <OneBar key={keyOf(bar)} bar={bar} pattern={`${id}${bar.span.kind}`} />
            ))}
            <Edges
              marks={marks.filter(mark => mark.lane !== null && row.lanes.includes(mark.lane))}
              axis={axis}
              tracks={tracks}
            />
          </g>
        </g>
      ))}
      {between}
      {drawn.map(({ row, bars }, index) => (
        <g key={row.id} transform={`translate(0 ${index * tracks.height})`}>
          <Label row={row} left={left} height={tracks.height} labelled={labelled} />
          <g transform={`translate(${left} 0)`}>
            {bars.map(bar => (
              <Inside key={keyOf(bar)} bar={bar} />
            ))}
            <Slip row={row} axis={axis} tracks={tracks} />
          </g>
        </g>
      ))}
    </g>
  );
}

const keyOf = ({ tense, span, x }: Bar): string =>
  `${tense} ${span.kind} ${span.from} ${span.to} ${span.terminals} ${x}`;

type LabelProps = Pick<LanesProps, "left" | "labelled"> & { readonly row: Row; readonly height: number };

function Label({ row, left, height, labelled }: LabelProps) {
  const { t } = useTranslation("picture");
  const name = laneName(t, row);
  const whole = `${name} · ${t("sends", { count: row.terminals })}`;
  if (labelled === "above") {
    return (
      <text className={`${classes.label} ${classes.above}`} x={left} y={14}>
        {whole}
      </text>
    );
  }
  const count = figure(row.terminals);
  return (
    <g>
      <title>{whole}</title>
      <text className={classes.label} x={8} y={height / 2 + 4}>
        {shortened(name, left - 28 - widthOf(count, 11))}
      </text>
      <text x={left - 12} y={height / 2 + 4} textAnchor="end">
        {count}
      </text>
    </g>
  );
}

function Inside({ bar }: { bar: Bar }) {
  const { t } = useTranslation("picture");
  const text = insideOf(t, bar);
  if (text === null) return null;
  const done = bar.span.kind === "send" && bar.tense === "actual";
  return (
    <text
      className={`${classes.barText} ${done ? classes.onSend : ""}`}
      x={bar.x + bar.width / 2}
      y={bar.y + bar.height / 2 + 3.5}
      textAnchor="middle"
    >
      {text}
    </text>
  );
}

/** Kinds that have a pattern besides their colour. */
const PATTERNED: readonly SpanKind[] = ["window", "approval", "pause", "halted"];

function Patterns({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={`${id}window`} width={6} height={6} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path className={classes.pattern} d="M0 0V6" />
      </pattern>
      <pattern id={`${id}approval`} width={6} height={6} patternUnits="userSpaceOnUse">
        <path className={classes.pattern} d="M0 0L6 6M6 0L0 6" />
      </pattern>
      <pattern id={`${id}pause`} width={5} height={5} patternUnits="userSpaceOnUse">
        <path className={classes.pattern} d="M1 2.5H2.6" />
      </pattern>
      <pattern id={`${id}halted`} width={8} height={8} patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
        <path className={classes.pattern} d="M2 0V8" strokeWidth={4} />
      </pattern>
    </defs>
  );
}

function OneBar({ bar, pattern }: { bar: Bar; pattern: string }) {
  const { t } = useTranslation("picture");
  const { span, tense, x, y, width, height } = bar;
  const half = tense === "forecast" && span.kind !== "ack_wait" ? 0.6 : 0;
  if (span.kind === "escalate") {
    return (
      <path
        className={classes.bar}
        data-kind={span.kind}
        data-tense={tense}
        d={`M${x} ${y + height}V${y}l9 ${height / 3}l-9 ${height / 3}`}
      >
        <title>{barTitle(t, bar)}</title>
      </path>
    );
  }
  const box = {
    x: x + half,
    y: y + half,
    width: Math.max(width - 2 * half, 1),
    height: height - 2 * half,
    rx: height > 5 ? 2 : 1,
  };
  return (
    <g>
      <rect className={classes.bar} data-kind={span.kind} data-tense={tense} {...box}>
        <title>{barTitle(t, bar)}</title>
      </rect>
      {PATTERNED.includes(span.kind) && <rect {...box} fill={`url(#${pattern})`} pointerEvents="none" />}
    </g>
  );
}

function Edges({ marks, axis, tracks }: { marks: readonly DrawnMark[]; axis: Axis; tracks: Tracks }) {
  const track = tracks.actual ?? tracks.forecast;
  if (track === null) return null;
  const [top, bottom] = [(tracks.forecast ?? track).y - 2, track.y + track.height + 1];
  return marks.map(mark => {
    const x = axis.x(mark.at);
    const shape =
      mark.kind === "window_opens"
        ? `M${x + 3} ${top}H${x}V${bottom}H${x + 3}`
        : mark.kind === "window_closes"
          ? `M${x - 3} ${top}H${x}V${bottom}H${x - 3}`
          : mark.kind === "ack_due"
            ? `M${x} ${bottom - 1}v7`
            : null;
    return shape === null ? null : (
      <path key={`${mark.kind} ${mark.at} ${mark.lane}`} className={classes.edge} d={shape} />
    );
  });
}

function Slip({ row, axis, tracks }: { row: Row; axis: Axis; tracks: Tracks }) {
  const { t } = useTranslation("picture");
  const late = slip(row);
  if (late === null || tracks.actual === null || tracks.forecast === null) return null;
  const start = row.actual.find(span => span.kind === "send")?.from ?? 0;
  const [x0, x1] = [axis.x(start - late), axis.x(start)];
  if (x1 - x0 < 6) return null;
  const y = tracks.forecast.y + tracks.forecast.height + 2.5;
  const length = durationInWords(late / 1_000);
  return (
    <g>
      <title>{t("timeline.lateBy", { duration: length })}</title>
      <path className={classes.slip} d={`M${x0} ${y - 2}v4M${x0} ${y}H${x1}M${x1 - 3} ${y - 3}L${x1} ${y}l-3 3`} />
      {x1 - x0 > widthOf(length) + 24 && (
        <text className={classes.slipText} x={x0 + 4} y={y + 13}>
          {t("timeline.late", { duration: length })}
        </text>
      )}
    </g>
  );
}

function shortened(text: string, room: number): string {
  if (widthOf(text, 11) <= room) return text;
  const place = text.replace(/^[^·]*\//, "");
  if (widthOf(place, 11) <= room) return place;
  let cut = place;
  while (cut.length > 1 && widthOf(`${cut}…`, 11) > room) cut = cut.slice(0, -1);
  return `${cut}…`;
}
