import type { Flow } from "../api/schema.js";

/** One clause that narrows who is meant: so many came to it, so many stay. */
export interface FlowStep {
  readonly text: string;
  readonly in: number;
  readonly out: number;
  /** Of a choice: its parts, each with how many it lets through; they overlap. */
  readonly parts: readonly { readonly text: string; readonly out: number }[];
}

/** What a target does to everybody, clause after clause. Who means everybody has no step. */
export function stepsOf(flow: Flow): FlowStep[] {
  if (flow.op === "everybody") return [];
  if (flow.op === "every") return flow.parts.flatMap(part => (part.op === "every" ? stepsOf(part) : [stepOf(part)]));
  return [stepOf(flow)];
}

function stepOf(flow: Flow): FlowStep {
  const parts = flow.op === "any" ? flow.parts.map(part => ({ text: part.text, out: part.out })) : [];
  return { text: flow.text, in: flow.in, out: flow.out, parts };
}
