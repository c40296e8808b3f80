import { useTranslation } from "react-i18next";
import { figure } from "../format/figures.js";
import type { Axis } from "./axis.js";
import type { Drawing } from "./drawing.js";
import { reachedAt } from "./progress.js";
import classes from "./Timeline.module.css";

interface ReachCurveProps {
  readonly forecast: Drawing | null;
  readonly actual: Drawing | null;
  readonly compare: { readonly name: string; readonly drawing: Drawing } | null;
  readonly total: number;
  readonly axis: Axis;
  readonly left: number;
  readonly height: number;
  /** The moment of the handle. */
  readonly at: number;
}

/** How many were reached, over time: foreseen dashed, done filled, another strategy dotted. */
export function ReachCurve({ forecast, actual, compare, total, axis, left, height, at }: ReachCurveProps) {
  const { t } = useTranslation("picture");
  const most = Math.max(
    total,
    1,
    ...[forecast, actual, compare?.drawing].flatMap(one => one?.reach.map(point => point.reached) ?? []),
  );
  const y = (reached: number) => height - (reached / most) * (height - 14);
  const knobs = [
    { tense: "forecast", drawing: forecast, until: Number.POSITIVE_INFINITY },
    { tense: "compare", drawing: compare?.drawing ?? null, until: Number.POSITIVE_INFINITY },
    { tense: "actual", drawing: actual, until: actual?.to ?? 0 },
  ];
  return (
    <g>
      <text className={classes.label} x={left > 60 ? 8 : left} y={left > 60 ? y(most) + 4 : y(most) - 3}>
        {left > 60 ? t("reach.label") : `${t("reach.label")} · ${t("reach.of", { total: most })}`}
      </text>
      {left > 60 &&
        [0, 0.5, 1].map(share => (
          <text key={share} x={left - 12} y={y(share * most) + 4} textAnchor="end">
            {figure(Math.round(share * most))}
          </text>
        ))}
      <g transform={`translate(${left} 0)`}>
        {[0.5, 1].map(share => (
          <path key={share} className={classes.rule} d={`M0 ${y(share * most)}H${axis.width}`} />
        ))}
        {actual !== null && (
          <>
            <path className={classes.reachArea} d={`${steps(actual, axis, y)}V${y(0)}H${axis.x(actual.from)}Z`} />
            <path className={classes.reachActual} d={steps(actual, axis, y)} />
          </>
        )}
        {forecast !== null && <path className={classes.reachForecast} d={steps(forecast, axis, y)} />}
        {compare !== null && <Compared {...compare} axis={axis} y={y} />}
        {knobs.map(({ tense, drawing, until }) =>
          drawing === null || at > until ? null : (
            <circle
              key={tense}
              className={classes.knob}
              data-tense={tense}
              cx={axis.x(at)}
              cy={y(reachedAt(drawing, at))}
              r={4}
            />
          ),
        )}
      </g>
    </g>
  );
}

function Compared({
  name,
  drawing,
  axis,
  y,
}: {
  name: string;
  drawing: Drawing;
  axis: Axis;
  y: (reached: number) => number;
}) {
  const last = drawing.reach.at(-1);
  return (
    <>
      <path className={classes.reachCompare} d={steps(drawing, axis, y)} />
      {last !== undefined && (
        <text className={classes.compareText} x={axis.width - 4} y={y(last.reached) + 14} textAnchor="end">
          {name}
        </text>
      )}
    </>
  );
}

/** A step curve: each value holds until the next, the last until the drawing ends. */
function steps(drawing: Drawing, axis: Axis, y: (reached: number) => number): string {
  let path = `M${axis.x(drawing.from).toFixed(1)} ${y(0).toFixed(1)}`;
  for (const point of drawing.reach) path += `H${axis.x(point.at).toFixed(1)}V${y(point.reached).toFixed(1)}`;
  return `${path}H${axis.x(drawing.to).toFixed(1)}`;
}
