import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import classes from "./Canvas.module.css";
import type { Link } from "./nodes.js";

export interface LinkLineData extends Record<string, unknown> {
  readonly path: string;
  readonly kind: Link["kind"];
  readonly label: { readonly x: number; readonly y: number } | null;
  readonly text: string | null;
}

/** A line between two steps, on the way that the layout gave it. */
export function LinkLine({ data, markerEnd }: EdgeProps<Edge<LinkLineData>>) {
  if (data === undefined) return null;
  const { path, kind, label, text } = data;
  return (
    <g className={classes.link} data-kind={kind}>
      <BaseEdge path={path} interactionWidth={0} {...(markerEnd !== undefined && { markerEnd })} />
      {label !== null && text !== null && (
        <text x={label.x} y={label.y} className={classes.label}>
          {text}
        </text>
      )}
    </g>
  );
}
