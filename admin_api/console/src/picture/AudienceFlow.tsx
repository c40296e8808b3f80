import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { PlannedAudience } from "../api/schema.js";
import { figure } from "../format/figures.js";
import classes from "./AudienceFlow.module.css";
import { type FlowStep, stepsOf } from "./flow.js";
import { useWidth } from "./size.js";

interface AudienceFlowProps {
  readonly audience: PlannedAudience;
  /** Whether that was when the push was planned, and not now. */
  readonly past?: boolean | undefined;
  /** How many are connected at all, where the audience does not say how it is narrowed. */
  readonly connected?: number | undefined;
}

/** More parts of a choice than these are counted, not listed. */
const MOST_PARTS = 6;

/** From everybody who is connected, clause by clause, to those who are meant: what a clause drops is seen leaving. */
export function AudienceFlow({ audience, past = false, connected }: AudienceFlowProps) {
  const { t } = useTranslation("picture");
  const { ref, width } = useWidth<HTMLOListElement>(280);
  const steps = audience.flow === null ? [] : stepsOf(audience.flow);
  const all = Math.max(audience.flow?.in ?? connected ?? audience.connections, audience.connections, 1);
  const known = audience.flow !== null || connected !== undefined;
  const wide = (count: number) => (count === 0 ? 0 : Math.max(3, (count / all) * width));
  return (
    <section aria-label={t("audience.label")} className={classes.audience}>
      <ol className={`${classes.flow} tabular`} ref={ref}>
        {known && (
          <li>
            <div className={classes.row}>
              <span className={classes.band} style={{ width: wide(all) }} />
              <span className={classes.text}>
                {t(past ? "audience.wereConnected" : "audience.connected", {
                  count: audience.flow?.in ?? connected ?? 0,
                })}
              </span>
            </div>
          </li>
        )}
        {known && steps.length === 0 && audience.flow === null && (
          <Leaving from={all} to={audience.connections} width={width} wide={wide} />
        )}
        {steps.map(step => (
          <Step key={`${step.text} ${step.in}`} step={step} width={width} wide={wide} />
        ))}
        <li className={classes.result}>
          <div className={classes.row}>
            <span className={classes.band} data-result style={{ width: wide(audience.connections) }} />
            <span className={classes.text}>
              <strong>{t("audience.terminals", { count: audience.terminals })}</strong>{" "}
              {t("audience.people", { count: audience.users })}
              {audience.connections !== audience.terminals &&
                `, ${t("audience.connections", { count: audience.connections })}`}
            </span>
          </div>
          {audience.away > 0 && (
            <div className={classes.row} title={t("audience.awayHint")}>
              <span className={classes.away} style={{ width: Math.min(Math.max(wide(audience.away), 10), width) }} />
              <span className={classes.awayText}>{t("audience.away", { count: audience.away })}</span>
            </div>
          )}
        </li>
      </ol>
      {audience.connections === 0 && <p className={classes.note}>{t("audience.none")}</p>}
      {!audience.exact && <p className={classes.note}>{t("audience.estimated")}</p>}
    </section>
  );
}

interface StepProps {
  readonly step: FlowStep;
  readonly width: number;
  readonly wide: (count: number) => number;
}

function Step({ step, width, wide }: StepProps) {
  const { t } = useTranslation("picture");
  const parts = step.parts.slice(0, MOST_PARTS);
  const rest = step.parts.length - parts.length;
  return (
    <li aria-label={t("audience.lets", { clause: step.text, in: step.in, out: step.out })}>
      <Leaving from={step.in} to={step.out} width={width} wide={wide} />
      <div className={classes.row} title={step.text}>
        <span className={classes.band} style={{ width: wide(step.out) }} />
        <span className={classes.clause}>{step.parts.length > 0 ? t("audience.any") : step.text}</span>
        <span className={classes.count}>{figure(step.out)}</span>
      </div>
      {parts.map(part => (
        <div key={part.text} className={classes.part} title={`${part.text} · ${t("audience.overlap")}`}>
          <span className={classes.band} style={{ width: wide(step.out) }} />
          <span className={classes.share} style={{ width: wide(part.out) }} />
          <span className={classes.clause}>{part.text}</span>
          <span className={classes.count}>{figure(part.out)}</span>
        </div>
      ))}
      {rest > 0 && <div className={classes.note}>{t("audience.more", { count: rest })}</div>}
    </li>
  );
}

const HEIGHT = 22;

/** Those who stay go on downwards, those who do not leave to the right. */
function Leaving({
  from,
  to,
  width,
  wide,
}: {
  from: number;
  to: number;
  width: number;
  wide: (count: number) => number;
}) {
  const { t } = useTranslation("picture");
  const id = useId();
  const [came, stay] = [wide(from), wide(to)];
  const gone = from - to;
  if (gone <= 0) return <div className={classes.through} style={{ width: stay }} />;
  const end = Math.min(width, Math.max(came, stay + 24));
  const away = `M${stay} 0H${Math.max(came, stay + 2)}C${came} 6 ${end - 4} 4 ${end} 8V16C${stay + (end - stay) / 2} 18 ${stay + 2} 14 ${stay} 0Z`;
  return (
    <div className={classes.leaving}>
      <svg width={width} height={HEIGHT} aria-hidden>
        <defs>
          <pattern id={id} width={5} height={5} patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <path className={classes.hatch} d="M0 0V5" />
          </pattern>
        </defs>
        <rect className={classes.staying} x={0} y={0} width={stay} height={HEIGHT} />
        <path className={classes.gone} d={away} />
        <path fill={`url(#${id})`} d={away} />
      </svg>
      <span className={classes.goneText}>{t("audience.leave", { count: gone })}</span>
    </div>
  );
}
