/**
 * An id with `…` in its middle, at most `length` characters. The end stays longer: ids that begin with a time differ
 * there.
 */
export function shortened(id: string, length: number): string {
  if (id.length <= length) return id;
  const head = Math.floor((length - 1) / 3);
  return `${id.slice(0, head)}…${id.slice(id.length - (length - 1 - head))}`;
}
