import type { Push } from "../../api/schema.js";

const RECENT_MS = 24 * 3_600_000;

/** Whether a push ended within the last day: what halted long ago has been looked at. */
export function isRecent(push: Pick<Push, "finished_at">, now: Date): boolean {
  return push.finished_at === null || now.getTime() - new Date(push.finished_at).getTime() < RECENT_MS;
}

export interface GroupLoss {
  readonly group: string;
  readonly connections: number;
  readonly were: number;
}

const LEAST_LOST = 3;
const LEAST_SHARE = 0.2;

/** Groups that lost so many that something may have happened, not somebody gone for lunch. */
export function losses(groups: readonly GroupLoss[]): GroupLoss[] {
  return groups.filter(({ were, connections }) => {
    const lost = were - connections;
    return lost >= LEAST_LOST && lost >= were * LEAST_SHARE;
  });
}
