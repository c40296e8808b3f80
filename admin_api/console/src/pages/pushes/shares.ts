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
  // What happened to one terminal twice, such as read and then recalled, is counted where it says most.
  let left = sent;
  const taken = (count: number) => {
    const here = Math.min(count, left);
    left -= here;
    return here;
  };
  const [readIt, failedIt, recalledIt] = [taken(read), taken(failed), taken(recalled)];
  const receivedIt = taken(Math.max(0, received - readIt - failedIt - recalledIt));
  const shares: Share[] = [
    { state: "read", count: readIt },
    { state: "received", count: receivedIt },
    { state: "sent", count: left },
    { state: "failed", count: failedIt },
    { state: "recalled", count: recalledIt },
    { state: "gone", count: gone },
    { state: "expired", count: expired },
    { state: "skipped", count: skipped },
    { state: "waiting", count: Math.max(0, Math.max(expected, targeted) - sent - gone - expired - skipped) },
  ];
  return shares.filter(({ count }) => count > 0);
}
