import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { useTranslation } from "react-i18next";
import classes from "./Canvas.module.css";
import { STEP_ICONS } from "./icons.js";
import type { Step, StepId } from "./nodes.js";
import type { StepCount } from "./StrategyGraph.js";
import type { StepWords } from "./words.js";

export interface StepCardData extends Record<string, unknown> {
  readonly step: Step;
  readonly words: StepWords;
  readonly count: StepCount | undefined;
  readonly isCurrent: boolean;
  readonly isSelected: boolean;
  readonly isFaulty: boolean;
  readonly onSelect: ((id: StepId) => void) | undefined;
}

/** A step: its name, its numbers in words, how many are there. A button where steps can be chosen. */
export function StepCard({ data }: NodeProps<Node<StepCardData>>) {
  const { step, isCurrent, isSelected, isFaulty, onSelect } = data;
  const look = {
    className: classes.step,
    "data-away": step.away,
    "data-current": isCurrent,
    "data-faulty": isFaulty,
    ...(isCurrent && { "aria-current": "step" as const }),
  };
  return (
    <>
      <Handle type="target" position={Position.Left} className={classes.handle ?? ""} isConnectable={false} />
      {onSelect === undefined ? (
        <div {...look}>
          <Said {...data} />
        </div>
      ) : (
        <button type="button" {...look} aria-pressed={isSelected} onClick={() => onSelect(step.id)}>
          <Said {...data} />
        </button>
      )}
      <Handle type="source" position={Position.Right} className={classes.handle ?? ""} isConnectable={false} />
    </>
  );
}

function Said({ step, words, count, isCurrent, isFaulty }: StepCardData) {
  const { t } = useTranslation("graph");
  const Icon = STEP_ICONS[step.kind];
  return (
    <>
      <span className={classes.title}>
        <Icon size={16} stroke={1.6} aria-hidden className={classes.icon} />
        <span>{words.title}</span>
      </span>
      {words.detail !== "" && <span className={classes.detail}>{words.detail}</span>}
      {count !== undefined && <span className={classes.count}>{countText(count, t)}</span>}
      {isCurrent && <span className={classes.here}>{t("here")}</span>}
      {isFaulty && <span className={classes.fault}>{t("faulty")}</span>}
    </>
  );
}

function countText(count: StepCount, t: ReturnType<typeof useTranslation<"graph">>["t"]): string {
  if (typeof count === "number") return t("count", { count });
  return t("countOf", { count: count.count, of: count.of });
}
