/** A curve of values as an SVG path over a box. It fills the box from zero: a small change among many looks small. */
export function pathOf(values: readonly number[], width: number, height: number): string {
  const most = Math.max(1, ...values);
  const step = width / Math.max(1, values.length - 1);
  const y = (value: number) => Number((height - 2 - (value / most) * (height - 4)).toFixed(1));
  const points = values.length === 1 ? [...values, ...values] : values;
  return points
    .map((value, index) => `${index === 0 ? "M" : "L"}${Number((index * step).toFixed(1))} ${y(value)}`)
    .join("");
}
