import type { TerminalState } from "../shell/StateBadge.js";
import { lineColour, SHAPES } from "./shapes.js";

/** The mark of a state, as the dots have it. */
export function StateMark({ state, size = 12 }: { state: TerminalState; size?: number }) {
  const shape = SHAPES[state];
  return (
    <svg width={size} height={size} viewBox="0 0 10 10" aria-hidden focusable="false">
      {shape.fill !== null && <path d={shape.fill} fill={`var(--state-${state})`} />}
      {shape.line !== null && (
        <path d={shape.line} fill="none" stroke={`var(${lineColour(state)})`} strokeWidth={1.3} />
      )}
      {shape.over !== null && <path d={shape.over} fill="none" stroke="var(--ground)" strokeWidth={1.3} />}
    </svg>
  );
}
