/** Something to be written at a place on the axis, if there is room. */
export interface Wanted {
  readonly id: string;
  readonly x: number;
  readonly text: string;
  /** Whoever has more comes first. */
  readonly weight: number;
}

/** Where a label has its place: on a line (0 is nearest to the picture), from `left`. */
export interface Placed extends Wanted {
  readonly line: number;
  readonly left: number;
}

const GAP = 8;

/** About how wide a text is at 11 px; letters of Chinese are as wide as high. */
export function widthOf(text: string, size = 11): number {
  let width = 0;
  for (const letter of text) width += letter > "⺀" ? size : /[A-ZmwMW%—]/.test(letter) ? size * 0.68 : size * 0.54;
  return width;
}

/** Labels that do not touch, on so many lines; those without a place are left out. */
export function placed(wanted: readonly Wanted[], width: number, lines: number): Placed[] {
  const taken: [left: number, right: number][][] = Array.from({ length: lines }, () => []);
  const found: Placed[] = [];
  for (const label of wanted.toSorted((one, other) => other.weight - one.weight || one.x - other.x)) {
    const size = widthOf(label.text);
    if (size > width) continue;
    const left = Math.min(Math.max(label.x - size / 2, 0), width - size);
    const line = taken.findIndex(line => line.every(([from, to]) => left + size + GAP <= from || left >= to + GAP));
    if (line === -1) continue;
    taken[line]?.push([left, left + size]);
    found.push({ ...label, line, left });
  }
  return found;
}
