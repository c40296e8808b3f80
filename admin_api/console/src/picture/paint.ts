import type { TerminalState } from "../shell/StateBadge.js";
import type { DotLayout } from "./dots.js";
import { lineColour, SHAPES } from "./shapes.js";

interface PaintOptions {
  readonly width: number;
  /** The states that were painted before, by place: what changed fades in. */
  readonly before: readonly TerminalState[];
}

const FADE_MS = 180;

/** Paints the dots; answers what stops it. Without a canvas (as in tests) nothing is painted. */
export function paint(canvas: HTMLCanvasElement, layout: DotLayout, { width, before }: PaintOptions): () => void {
  const ratio = globalThis.devicePixelRatio || 1;
  const context = typeof Path2D === "undefined" ? null : canvas.getContext("2d");
  if (context === null) return () => undefined;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(layout.height * ratio);
  const brushes = brushesFor(canvas);
  const still = before.length === 0 || matchMedia("(prefers-reduced-motion: reduce)").matches;
  const began = performance.now();
  let frame = 0;
  const draw = (time: number) => {
    const progress = still ? 1 : Math.min(1, Math.max(0, (time - began) / FADE_MS));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, layout.height);
    layout.dots.forEach((dot, index) => {
      const was = before[index];
      const stroke = (state: TerminalState, alpha: number) => {
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.translate(dot.x - layout.size / 2, dot.y - layout.size / 2);
        context.scale(layout.size / 10, layout.size / 10);
        context.globalAlpha = alpha;
        brushes(context, state);
      };
      if (was !== undefined && was !== dot.state && progress < 1) {
        stroke(was, 1 - progress);
        stroke(dot.state, progress);
      } else stroke(dot.state, 1);
    });
    if (progress < 1) frame = requestAnimationFrame(draw);
  };
  draw(began);
  return () => cancelAnimationFrame(frame);
}

function brushesFor(element: Element): (context: CanvasRenderingContext2D, state: TerminalState) => void {
  const style = getComputedStyle(element);
  const ground = style.getPropertyValue("--ground");
  const known = new Map<
    TerminalState,
    { fill: Path2D | null; line: Path2D | null; over: Path2D | null; colour: string; stroke: string }
  >();
  return (context, state) => {
    let brush = known.get(state);
    if (brush === undefined) {
      const shape = SHAPES[state];
      const path = (text: string | null) => (text === null ? null : new Path2D(text));
      brush = {
        fill: path(shape.fill),
        line: path(shape.line),
        over: path(shape.over),
        colour: style.getPropertyValue(`--state-${state}`),
        stroke: style.getPropertyValue(lineColour(state)),
      };
      known.set(state, brush);
    }
    context.lineWidth = 1.3;
    context.fillStyle = brush.colour;
    if (brush.fill !== null) context.fill(brush.fill);
    context.strokeStyle = brush.stroke;
    if (brush.line !== null) context.stroke(brush.line);
    context.strokeStyle = ground;
    if (brush.over !== null) context.stroke(brush.over);
  };
}
