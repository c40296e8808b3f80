import { TERMINAL_STATES, type TerminalState } from "../shell/StateBadge.js";
import { countsOf, type DotGroup, type KnownDot } from "./groups.js";

/** One mark: a terminal, or several of one state where they are too many. */
export interface Dot {
  readonly state: TerminalState;
  readonly terminals: number;
  readonly known: KnownDot | null;
  readonly group: number;
  /** Its middle. */
  readonly x: number;
  readonly y: number;
}

export interface DotLayout {
  readonly dots: readonly Dot[];
  /** Where each group begins, from above, and how high it is. */
  readonly groups: readonly { readonly y: number; readonly height: number }[];
  /** From one dot to the next, and a dot's own size. */
  readonly pitch: number;
  readonly size: number;
  readonly columns: number;
  readonly height: number;
  /** How many terminals a mark stands for. */
  readonly each: number;
}

/** Up to so many are drawn one by one. */
export const MOST_DOTS = 5_000;
const BINS = [2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000] as const;
const AIM = 2_000;

/** Where every dot is: by group, in each those who are furthest first, so that a push fills it from the left. */
export function layoutOf(groups: readonly DotGroup[], width: number, labelHeight: number): DotLayout {
  const all = groups.reduce((sum, group) => sum + group.total, 0);
  const each = all <= MOST_DOTS ? 1 : (BINS.find(bin => all / bin <= AIM) ?? Math.ceil(all / AIM));
  const shown = all / each;
  const pitch = pitchFor(shown, width);
  const columns = Math.max(1, Math.floor(width / pitch));
  const dots: Dot[] = [];
  const places: { y: number; height: number }[] = [];
  let y = 0;
  groups.forEach((group, index) => {
    const entries = each === 1 ? single(group) : binned(group, each);
    const height = labelHeight + Math.max(1, Math.ceil(entries.length / columns)) * pitch + 8;
    entries.forEach((entry, place) => {
      dots.push({
        ...entry,
        group: index,
        x: (place % columns) * pitch + pitch / 2,
        y: y + labelHeight + 4 + Math.floor(place / columns) * pitch + pitch / 2,
      });
    });
    places.push({ y, height });
    y += height;
  });
  return { dots, groups: places, pitch, size: pitch - (pitch > 12 ? 4 : pitch > 9 ? 3 : 2), columns, height: y, each };
}

/** The larger, the fewer they are: as large as leaves them in about six rows of this width. */
function pitchFor(shown: number, width: number): number {
  const fitting = [18, 16, 14, 12, 10, 9].find(pitch => shown / (width / pitch) <= 6);
  return fitting ?? 8;
}

type Entry = Pick<Dot, "state" | "terminals" | "known">;

function single(group: DotGroup): Entry[] {
  const found: Entry[] = [];
  for (const state of TERMINAL_STATES) {
    for (const known of group.known) if (known.state === state) found.push({ state, terminals: 1, known });
    for (let left = group.anonymous[state] ?? 0; left > 0; left -= 1) found.push({ state, terminals: 1, known: null });
  }
  return found;
}

function binned(group: DotGroup, each: number): Entry[] {
  return [...countsOf([group])].flatMap(([state, count]) =>
    Array.from({ length: Math.ceil(count / each) }, (_, index) => ({
      state,
      terminals: Math.min(each, count - index * each),
      known: null,
    })),
  );
}

/** The dot at a place; null: none is there. */
export function dotAt(layout: DotLayout, x: number, y: number): number | null {
  const group = layout.groups.findIndex(place => y >= place.y && y < place.y + place.height);
  if (group === -1) return null;
  const near = layout.pitch / 2;
  const found = layout.dots.findIndex(
    dot => dot.group === group && Math.abs(dot.x - x) <= near && Math.abs(dot.y - y) <= near,
  );
  return found === -1 ? null : found;
}

/** The dot that a key goes to from another one; null: the key is not one of those. */
export function stepped(layout: DotLayout, from: number, key: string): number | null {
  const last = layout.dots.length - 1;
  const to = {
    ArrowRight: from + 1,
    ArrowLeft: from - 1,
    ArrowDown: from + layout.columns,
    ArrowUp: from - layout.columns,
    PageDown: layout.dots.findIndex(dot => dot.group === (layout.dots[from]?.group ?? 0) + 1),
    PageUp: layout.dots.findIndex(dot => dot.group === (layout.dots[from]?.group ?? 0) - 1),
    Home: 0,
    End: last,
  }[key];
  if (to === undefined) return null;
  return to === -1 && key.startsWith("Page") ? from : Math.min(Math.max(to, 0), last);
}
