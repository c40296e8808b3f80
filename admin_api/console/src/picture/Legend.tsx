import { useTranslation } from "react-i18next";
import { figure } from "../format/figures.js";
import type { TerminalState } from "../shell/StateBadge.js";
import type { SpanKind } from "./drawing.js";
import classes from "./Legend.module.css";
import { StateMark } from "./StateMark.js";

interface LegendProps {
  /** What the lanes do, in the order in which it is explained. */
  readonly kinds: readonly SpanKind[];
  /** How many terminals are in each state. */
  readonly states: ReadonlyMap<TerminalState, number>;
  /** Whether what was foreseen and what happened are both drawn. */
  readonly tenses: boolean;
}

/** What the colours and shapes of a picture mean; only those that it has. */
export function Legend({ kinds, states, tenses }: LegendProps) {
  const { t } = useTranslation(["picture", "shell"]);
  return (
    <ul className={`${classes.legend} tabular`} aria-label={t("legend.label")}>
      {[...states].map(([state, count]) => (
        <li key={state}>
          <StateMark state={state} />
          {t(`shell:terminalState.${state}`)} <strong>{figure(count)}</strong>
        </li>
      ))}
      {kinds.map(kind => (
        <li key={kind}>
          <span className={classes.swatch} data-kind={kind} aria-hidden />
          {t(`span.${kind}`)}
        </li>
      ))}
      {tenses &&
        (["forecast", "actual"] as const).map(tense => (
          <li key={tense}>
            <span className={classes.tense} data-tense={tense} aria-hidden />
            {t(`legend.${tense}`)}
          </li>
        ))}
    </ul>
  );
}
