import "@xyflow/react/dist/base.css";
import { type Edge, MarkerType, type Node, Position, ReactFlow } from "@xyflow/react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Canvas.module.css";
import { LinkLine, type LinkLineData } from "./LinkLine.js";
import type { Layout } from "./layout.js";
import type { Graph, Step, StepId } from "./nodes.js";
import { StepCard, type StepCardData } from "./StepCard.js";
import type { StepCounts } from "./StrategyGraph.js";
import type { StrategyGiven } from "./strategy.js";
import { stepWords } from "./words.js";

const NODE_TYPES = { step: StepCard };
const EDGE_TYPES = { link: LinkLine };
const HANDLE = { x: 0, y: 0, width: 1, height: 1 } as const;
/** Nothing moves by itself or by hand: the layout has fitted all of it into the width. */
const STILL = {
  nodesDraggable: false,
  nodesConnectable: false,
  nodesFocusable: false,
  edgesFocusable: false,
  elementsSelectable: false,
  panOnDrag: false,
  panOnScroll: false,
  zoomOnScroll: false,
  zoomOnPinch: false,
  zoomOnDoubleClick: false,
  preventScrolling: false,
  autoPanOnNodeFocus: false,
  disableKeyboardA11y: true,
  deleteKeyCode: null,
} as const;

interface CanvasProps {
  readonly strategy: StrategyGiven;
  readonly graph: Graph;
  readonly layout: Layout;
  readonly counts?: StepCounts | undefined;
  readonly current?: StepId | null | undefined;
  readonly selected?: StepId | null | undefined;
  readonly onSelect?: ((id: StepId) => void) | undefined;
  readonly faulty?: ReadonlySet<StepId> | undefined;
}

/** The drawing itself: a chunk of its own, since React Flow is large. */
export default function Canvas({ strategy, graph, layout, counts, current, selected, onSelect, faulty }: CanvasProps) {
  const { t } = useTranslation("graph");
  const nodes = useMemo<Node<StepCardData>[]>(
    () =>
      graph.steps.flatMap((step: Step) => {
        const place = layout.steps.get(step.id);
        if (place === undefined) return [];
        const { x, y, width, height } = place;
        return {
          id: step.id,
          type: "step",
          position: { x, y },
          width,
          height,
          sourcePosition: Position.Right,
          targetPosition: Position.Left,
          handles: [
            { ...HANDLE, type: "source", position: Position.Right },
            { ...HANDLE, type: "target", position: Position.Left },
          ],
          domAttributes: { "aria-roledescription": undefined },
          // React Flow lets clicks through what cannot be moved or chosen its way; the step itself is a button.
          style: { pointerEvents: "auto" },
          data: {
            step,
            words: stepWords(step, strategy, t),
            count: counts?.[step.id],
            isCurrent: current === step.id,
            isSelected: selected === step.id,
            isFaulty: faulty?.has(step.id) ?? false,
            onSelect,
          },
        };
      }),
    [graph, layout, strategy, t, counts, current, selected, onSelect, faulty],
  );
  const edges = useMemo<Edge<LinkLineData>[]>(
    () =>
      layout.links.map(({ link, path, label }) => ({
        id: `${link.from}→${link.to}`,
        source: link.from,
        target: link.to,
        type: "link",
        markerEnd: { type: MarkerType.ArrowClosed, color: "var(--line-ink)", width: 14, height: 14 },
        ariaLabel: null as never,
        domAttributes: { "aria-hidden": true },
        data: { path, kind: link.kind, label, text: link.kind === "away" && label !== null ? t("link.away") : null },
      })),
    [layout, t],
  );
  return (
    <ReactFlow
      className={classes.canvas ?? ""}
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      minZoom={1}
      maxZoom={1}
      {...STILL}
    />
  );
}
