import { createContext, use } from "react";
import type { Faults } from "../faults.js";
import type { StrategyGiven } from "../strategy.js";

/** What a step's form changes. */
export interface Editing {
  readonly value: StrategyGiven;
  readonly change: (next: StrategyGiven) => void;
  /** What is wrong, by pointer. */
  readonly faults: Faults;
  readonly isReadOnly: boolean;
}

export const EditingContext = createContext<Editing | null>(null);

/** The strategy that is being edited. Raises Error outside of an editor. */
export function useEditing(): Editing {
  const editing = use(EditingContext);
  if (editing === null) throw new Error("useEditing: there is no strategy editor around this form");
  return editing;
}
