import { useElementSize } from "@mantine/hooks";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { layoutOf } from "./layout.js";
import { graphOf, type StepId } from "./nodes.js";
import classes from "./StrategyGraph.module.css";
import type { StrategyGiven } from "./strategy.js";
import { stepWords, strategyInWords } from "./words.js";

const Canvas = lazy(() => import("./Canvas.js"));

/** How many terminals are at a step or have passed it; with `of`, of how many. */
export type StepCount = number | { readonly count: number; readonly of: number };

export type StepCounts = Readonly<Partial<Record<StepId, StepCount>>>;

interface StrategyGraphProps {
  readonly strategy: StrategyGiven;
  /** Numbers at the steps of a push. */
  readonly counts?: StepCounts | undefined;
  /** Where a push is now. */
  readonly current?: StepId | null | undefined;
  readonly selected?: StepId | null | undefined;
  /** Steps can be chosen, by a click or a key. */
  readonly onSelect?: ((id: StepId) => void) | undefined;
  /** Whether another person has to approve; a push that is `current` there shows it anyway. */
  readonly approval?: boolean | undefined;
  /** Steps with something wrong in them. */
  readonly faulty?: ReadonlySet<StepId> | undefined;
}

/** Width in pixels until the real one is known. */
const UNKNOWN_WIDTH = 960;

/** What a push under a strategy goes through, step by step, wrapped to the width that there is. */
export function StrategyGraph(props: StrategyGraphProps) {
  const { strategy, counts, current, approval = current === "approval" } = props;
  const { t } = useTranslation("graph");
  const { ref, width } = useElementSize();
  const counted = counts !== undefined;
  const graph = useMemo(() => graphOf(strategy, { approval }), [strategy, approval]);
  const layout = useMemo(
    () =>
      layoutOf(graph, step => stepWords(step, strategy, t), {
        width: Math.floor(width) || UNKNOWN_WIDTH,
        counted,
      }),
    [graph, strategy, t, width, counted],
  );
  return (
    <section ref={ref} className={classes.graph} aria-label={t("with", { words: strategyInWords(strategy, t) })}>
      <div style={{ height: layout.height }}>
        <Suspense fallback={<span className="visually-hidden">{t("loading")}</span>}>
          <Canvas {...props} graph={graph} layout={layout} />
        </Suspense>
      </div>
    </section>
  );
}
