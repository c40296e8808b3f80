import { useTranslation } from "react-i18next";
import { durationInWords } from "../format/durations.js";
import type { Axis } from "./axis.js";
import { widthOf } from "./labels.js";
import classes from "./Timeline.module.css";
import { ticks } from "./ticks.js";

interface Place {
  readonly axis: Axis;
  readonly left: number;
}

/** The axis of time: ticks in the viewer's zone, the day where it changes, and how long what is drawn short really is. */
export function Scale({ axis, left, top }: Place & { top: number }) {
  const { t } = useTranslation("picture");
  return (
    <g transform={`translate(${left} ${top})`}>
      {axis.pieces.map(piece =>
        piece.compressed ? (
          <g key={piece.from}>
            <path className={classes.gapEdge} d={zigzag(piece.x0, piece.x1)} />
            <text x={(piece.x0 + piece.x1) / 2} y={-6} textAnchor="middle">
              <title>{t("timeline.break", { duration: durationInWords((piece.to - piece.from) / 1_000) })}</title>
              {fitting((piece.to - piece.from) / 1_000, piece.x1 - piece.x0 + 12)}
            </text>
          </g>
        ) : (
          <path key={piece.from} className={classes.axisLine} d={`M${piece.x0} 0H${piece.x1}`} />
        ),
      )}
      {ticks(axis).map(tick => {
        const half = widthOf(tick.label) / 2;
        const x = Math.min(Math.max(tick.x, half), axis.width - half + 12);
        return (
          <g key={tick.at}>
            <path className={classes.axisLine} d={`M${tick.x} 0v5`} />
            <text x={x} y={30} textAnchor="middle">
              {tick.label}
            </text>
            {tick.day !== null && (
              <text x={x} y={44} textAnchor="middle">
                {tick.day}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

/** Where the axis is broken: nothing but waiting goes on there. */
export function Breaks({ axis, left, height }: Place & { height: number }) {
  return (
    <g transform={`translate(${left} 0)`} aria-hidden>
      {axis.pieces
        .filter(piece => piece.compressed)
        .map(piece => (
          <g key={piece.from}>
            <path className={classes.cutEdge} d={tear((piece.x0 + piece.x1) / 2, height)} />
            <path className={classes.cut} d={tear((piece.x0 + piece.x1) / 2, height)} />
          </g>
        ))}
    </g>
  );
}

/** A torn edge from top to bottom: what is left and right of it does not belong together. */
function tear(x: number, height: number): string {
  let path = `M${x} 0`;
  for (let y = 6; y < height + 6; y += 6) path += `L${x + (y % 12 === 0 ? -2.5 : 2.5)} ${Math.min(y, height)}`;
  return path;
}

function zigzag(x0: number, x1: number): string {
  const middle = (x0 + x1) / 2;
  return `M${x0} 0H${middle - 8}l3 -5l5 10l5 -10l3 5H${x1}`;
}

/** A length of time in as many words as there is room for. */
function fitting(seconds: number, room: number): string {
  const whole = durationInWords(seconds);
  if (widthOf(whole) <= room) return whole;
  const unit = [86_400, 3_600, 60, 1].find(size => seconds >= size) ?? 1;
  return durationInWords(Math.round(seconds / unit) * unit);
}
