import type { Counts } from "../../api/schema.js";
import type { TerminalState } from "../../shell/StateBadge.js";

/** So many terminals in a state. */
export interface Share {
  readonly state: TerminalState;
  readonly count: number;
}

/**
 * Counts as parts that do not overlap, furthest first: who has read it has also received it, and is counted once. Who is
 * expected and was not reached yet is `waiting`.
 */
export function sharesOf(counts: Counts, expected: number): readonly Share[] {
  const { sent, received, read, failed, recalled, gone, expired, skipped, targeted } = counts;
  const receivedOnly = Math.max(0, received - read - failed - recalled);
  const answered = read + receivedOnly + failed + recalled;
  const shares: Share[] = [
    { state: "read", count: read },
    { state: "received", count: receivedOnly },
    { state: "sent", count: Math.max(0, sent - answered) },
    { state: "failed", count: failed },
    { state: "recalled", count: recalled },
    { state: "gone", count: gone },
    { state: "expired", count: expired },
    { state: "skipped", count: skipped },
    { state: "waiting", count: Math.max(0, Math.max(expected, targeted) - sent - gone - expired - skipped) },
  ];
  return shares.filter(({ count }) => count > 0);
}
