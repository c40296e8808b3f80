import type { TerminalState } from "../shell/StateBadge.js";

/** How a state is drawn in a box of 10 × 10: what is filled with its colour, what is drawn as a line, and what on top of that. */
export interface Shape {
  readonly fill: string | null;
  readonly line: string | null;
  /** Drawn in the ground's colour. */
  readonly over: string | null;
}

const DISC = "M5 .6a4.4 4.4 0 1 0 0 8.8a4.4 4.4 0 1 0 0-8.8Z";
const RING = "M5 1.3a3.7 3.7 0 1 0 0 7.4a3.7 3.7 0 1 0 0-7.4Z";

/** The shape of each state, the same in the legend and in the picture: no two differ by colour alone. */
export const SHAPES: Record<TerminalState, Shape> = {
  waiting: { fill: null, line: RING, over: null },
  sent: { fill: "M5 1.3a3.7 3.7 0 0 0 0 7.4Z", line: RING, over: null },
  received: { fill: DISC, line: null, over: null },
  read: { fill: DISC, line: null, over: "M2.9 5.1L4.4 6.7L7.2 3.6" },
  failed: { fill: "M5 .2L9.8 5L5 9.8L.2 5Z", line: null, over: "M5 2.8V5.6M5 6.7V7.3" },
  gone: { fill: null, line: "M2.2 2.2L7.8 7.8M7.8 2.2L2.2 7.8", over: null },
  recalled: { fill: "M1 1H9V9H1Z", line: null, over: "M2.8 5H7.2" },
  expired: { fill: "M5 .8L9.6 9.2H.4Z", line: null, over: null },
  skipped: { fill: "M.8 3.9H9.2V6.1H.8Z", line: null, over: null },
};

/** The states whose line is drawn in the darker tone that text has. */
export const lineColour = (state: TerminalState): string =>
  state === "waiting" || state === "gone" ? `--state-${state}-ink` : `--state-${state}`;
