import type { Graph, Link, Step, StepId, StepKind } from "./nodes.js";
import type { StepWords } from "./words.js";

/** A step's place, in pixels from the top left of the drawing. */
export interface Placed {
  readonly id: StepId;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A link's way as an SVG path, and where its label stands (null: it has none). */
export interface Routed {
  readonly link: Link;
  readonly path: string;
  readonly label: { readonly x: number; readonly y: number } | null;
}

export interface Layout {
  readonly steps: ReadonlyMap<StepId, Placed>;
  readonly links: readonly Routed[];
  readonly width: number;
  readonly height: number;
}

const WIDTHS: Record<StepKind, number> = {
  audience: 120,
  approval: 120,
  window: 168,
  pace: 152,
  wave: 112,
  pause: 152,
  deliver: 136,
  ack: 168,
  resend: 136,
  escalate: 160,
  done: 120,
  retain: 152,
  replay: 168,
};

/** Room for the way back to the row above, for labels, and beside the rows for the way past them. */
const GAP_X = 28;
const GAP_Y = 40;
const RAIL = 20;
const TOP = 18;
const PAD = 2;

const LINE = 16;
const TITLE = 18;
const INSETS = 18;
const COUNT = 20;
/** How wide letters are at the size of the details, in pixels; those of Chinese are square. */
const LETTER = 6.3;
const SQUARE = 12;

/** How many lines a text takes in so many pixels, about: too many rather than too few. */
export function linesOf(text: string, width: number): number {
  let lines = 1;
  let used = 0;
  for (const word of text.split(/(?<=[\s，；、])|(?=[⺀-鿿＀-￯])/u)) {
    const size = [...word].reduce((sum, letter) => sum + (/[⺀-鿿＀-￯]/u.test(letter) ? SQUARE : LETTER), 0);
    if (used > 0 && used + size > width + LETTER) {
      lines += 1;
      used = 0;
    }
    // A word that is longer than a line is broken.
    lines += Math.max(0, Math.ceil(size / width) - 1);
    used = size > width ? size % width : used + size;
  }
  return lines;
}

/**
 * Places the steps left to right in as many rows as `width` (px) asks for, those of delivery in a row of their own if not
 * all fit into one, and below them those of the way of who is away.
 */
export function layoutOf(
  graph: Graph,
  words: (step: Step) => StepWords,
  { width, counted = false }: { width: number; counted?: boolean },
): Layout {
  const way = graph.steps.filter(step => !step.away);
  const away = graph.steps.filter(step => step.away);
  const room = Math.max(WIDTHS.ack, width - 2 * PAD);
  const rows = rowsOf(way, room);
  const inset = rows.length > 1 ? RAIL : 0;
  const steps = new Map<StepId, Placed>();
  const rowAt: number[] = [];
  let y = PAD + TOP;
  const put = (row: readonly Step[], from: number) => {
    const heights = row.map(step => heightOf(words(step), WIDTHS[step.kind], counted));
    const height = Math.max(...heights);
    let x = from;
    for (const step of row) {
      steps.set(step.id, { id: step.id, x, y, width: WIDTHS[step.kind], height });
      x += WIDTHS[step.kind] + GAP_X;
    }
    rowAt.push(y);
    y += height + GAP_Y;
  };
  for (const row of rows) put(row, PAD + inset);
  const deliver = steps.get("deliver");
  if (away.length > 0 && deliver !== undefined) {
    for (const row of packed(away, room - RAIL)) {
      const needs = widthOf(row);
      put(row, Math.max(PAD + RAIL, Math.min(deliver.x + RAIL, PAD + room - needs)));
    }
  }
  const all = [...steps.values()];
  return {
    steps,
    links: graph.links.map(link => routed(link, steps)),
    width: Math.max(...all.map(step => step.x + step.width)) + PAD,
    height: Math.max(...all.map(step => step.y + step.height)) + PAD,
  };
}

function heightOf({ title, detail }: StepWords, width: number, counted: boolean): number {
  const inner = width - 22;
  const titles = linesOf(title, inner - 22);
  return INSETS + TITLE * titles + (detail === "" ? 0 : LINE * linesOf(detail, inner)) + (counted ? COUNT : 0);
}

const widthOf = (row: readonly Step[]) => row.reduce((sum, step) => sum + WIDTHS[step.kind] + GAP_X, -GAP_X);

/** The rows of the way of those who are there. */
function rowsOf(way: readonly Step[], room: number): Step[][] {
  if (widthOf(way) <= room) return [[...way]];
  const from = way.findIndex(step => step.kind === "deliver");
  return [...packed(way.slice(0, from), room - RAIL), ...packed(way.slice(from), room - RAIL)];
}

/** As few rows as hold them, about equally full. */
function packed(steps: readonly Step[], room: number): Step[][] {
  const fill = (limit: number): Step[][] => {
    const rows: Step[][] = [];
    for (const step of steps) {
      const row = rows.at(-1);
      if (row !== undefined && widthOf([...row, step]) <= limit) row.push(step);
      else rows.push([step]);
    }
    return rows;
  };
  const rows = fill(room);
  for (let limit = widthOf(steps) / rows.length; limit < room; limit += GAP_X) {
    const even = fill(limit);
    if (even.length === rows.length) return even;
  }
  return rows;
}

const BEND = 6;

function routed(link: Link, steps: ReadonlyMap<StepId, Placed>): Routed {
  const [from, to] = [steps.get(link.from), steps.get(link.to)];
  if (from === undefined || to === undefined) throw new Error(`${link.from} → ${link.to}: a step has no place`);
  const sameRow = from.y === to.y;
  if (link.kind === "again") return sameRow ? loop(link, from, to) : around(link, from, to);
  if (sameRow) {
    const y = from.y + from.height / 2;
    return { link, path: `M${from.x + from.width},${y}H${to.x}`, label: null };
  }
  if (link.kind === "away" && link.from === "deliver") return branch(link, from, to, steps);
  return wrap(link, from, to);
}

/** Down, across the gap between the rows, and down into the next row's first. */
function wrap(link: Link, from: Placed, to: Placed): Routed {
  const [x1, y1, x2, y2] = [from.x + from.width / 2, from.y + from.height, to.x + to.width / 2, to.y];
  const middle = y2 - GAP_Y / 2 - 4;
  if (Math.abs(x1 - x2) < 2 * BEND) return { link, path: `M${x1},${y1}V${y2}`, label: null };
  const side = x2 < x1 ? -1 : 1;
  const path =
    `M${x1},${y1}V${middle - BEND}Q${x1},${middle} ${x1 + side * BEND},${middle}` +
    `H${x2 - side * BEND}Q${x2},${middle} ${x2},${middle + BEND}V${y2}`;
  return { link, path, label: null };
}

/** Over the top, back to a step of the same row. */
function loop(link: Link, from: Placed, to: Placed): Routed {
  const [x1, x2, y] = [from.x + from.width / 2, to.x + to.width / 2, from.y];
  const top = y - 12;
  const path = `M${x1},${y}V${top + BEND}Q${x1},${top} ${x1 - BEND},${top}H${x2 + BEND}Q${x2},${top} ${x2},${top + BEND}V${y}`;
  return { link, path, label: null };
}

/** Up to a step of the row above. */
function around(link: Link, from: Placed, to: Placed): Routed {
  const [x1, x2] = [from.x + from.width / 2 + 12, to.x + to.width / 2 + 12];
  const middle = from.y - 10;
  const side = x2 < x1 ? -1 : 1;
  const path =
    `M${x1},${from.y}V${middle + BEND}Q${x1},${middle} ${x1 + side * BEND},${middle}` +
    `H${x2 - side * BEND}Q${x2},${middle} ${x2},${middle - BEND}V${to.y + to.height}`;
  return { link, path, label: null };
}

/** To the way of who is away: straight down if no row is between, else past the rows at their left. */
function branch(link: Link, from: Placed, to: Placed, steps: ReadonlyMap<StepId, Placed>): Routed {
  const between = [...steps.values()].some(step => step.y > from.y && step.y < to.y);
  const y = to.y + to.height / 2;
  const x = between ? from.x - RAIL / 2 - 2 : Math.min(from.x + RAIL / 2, to.x - RAIL / 2);
  const start = between
    ? `M${from.x},${from.y + from.height / 2 + 8}H${x + BEND}Q${x},${from.y + from.height / 2 + 8} ${x},${from.y + from.height / 2 + 8 + BEND}`
    : `M${x},${from.y + from.height}`;
  const path = `${start}V${y - BEND}Q${x},${y} ${x + BEND},${y}H${to.x}`;
  return { link, path, label: { x: x + 6, y: to.y - GAP_Y / 2 + 4 } };
}
