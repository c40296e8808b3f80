import type { State } from "../../api/schema.js";

const OVER: readonly State[] = ["completed", "rejected", "cancelled", "expired"];

/** Whether something may still happen to a push. */
export const goesOn = (state: State): boolean => !OVER.includes(state);

/** For how long after its end figures may still move, in ms: late acknowledgements, and screens that take it off. */
const AFTERGLOW_MS = 120_000;

/** Whether a push's figures are worth asking for again and again. */
export function isLive(push: { state: State; finished_at: string | null }, now: Date): boolean {
  if (goesOn(push.state)) return true;
  return push.finished_at !== null && now.getTime() - Date.parse(push.finished_at) < AFTERGLOW_MS;
}
