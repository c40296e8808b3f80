import type { State } from "../../api/schema.js";

/** Which pushes are listed, as the page's address has it. */
export interface Filters {
  readonly states: readonly State[];
  readonly sender: string;
}

/** Every state, in the order of a push's life. */
export const STATES: readonly State[] = [
  "awaiting_approval",
  "scheduled",
  "waiting",
  "sending",
  "sent",
  "halted",
  "completed",
  "cancelled",
  "rejected",
  "expired",
];

/** Reads `?state=sending&state=halted&sender=alice`; states that nobody knows are left out. */
export function filtersOf(address: URLSearchParams): Filters {
  const states = address.getAll("state").filter((state): state is State => STATES.includes(state as State));
  return { states: [...new Set(states)], sender: address.get("sender") ?? "" };
}

/** The address of filters; nothing in it where nothing is filtered. */
export function addressOf({ states, sender }: Filters): URLSearchParams {
  const address = new URLSearchParams(states.map(state => ["state", state]));
  if (sender !== "") address.set("sender", sender);
  return address;
}

/** Whether anything is filtered. */
export const isFiltered = ({ states, sender }: Filters): boolean => states.length > 0 || sender !== "";
