import { Fragment, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { STEP_ICONS } from "./icons.js";
import { graphOf, type Step } from "./nodes.js";
import classes from "./StrategyThumbnail.module.css";
import type { StrategyGiven } from "./strategy.js";
import { stepWords, strategyInWords } from "./words.js";

/** A strategy's steps in small: marks and the shortest of their numbers. Static, for cards and choices. */
export function StrategyThumbnail({ strategy }: { strategy: StrategyGiven }) {
  const { t } = useTranslation("graph");
  const { steps } = useMemo(() => graphOf(strategy), [strategy]);
  const row = (away: boolean) => (
    <span className={classes.row} data-away={away}>
      {steps
        .filter(step => step.away === away)
        .map((step, index) => (
          <Fragment key={step.id}>
            {(index > 0 || away) && <span className={classes.line} />}
            <Mark step={step} strategy={strategy} />
          </Fragment>
        ))}
    </span>
  );
  return (
    <span className={classes.thumbnail} role="img" aria-label={strategyInWords(strategy, t)}>
      {row(false)}
      {steps.some(step => step.away) && row(true)}
    </span>
  );
}

function Mark({ step, strategy }: { step: Step; strategy: StrategyGiven }) {
  const { t } = useTranslation("graph");
  const Icon = STEP_ICONS[step.kind];
  const { short } = stepWords(step, strategy, t);
  return (
    <span className={classes.mark} data-kind={step.kind}>
      <Icon size={13} stroke={1.8} aria-hidden />
      {short !== null && <span>{short}</span>}
    </span>
  );
}
