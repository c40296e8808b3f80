import { DAYS, type StrategyGiven } from "./strategy.js";

type Shape =
  | "duration"
  | "text"
  | "number"
  | "boolean"
  | "any"
  | readonly string[]
  | { readonly [name: string]: Shape }
  | List;

class List {
  constructor(readonly of: Shape) {}
}

const SHAPE: Shape = {
  retain: "duration",
  expires_in: "duration",
  receipts: ["none", "each"],
  replay: ["missed", "latest", "none"],
  collapse_key: "text",
  priority: ["normal", "urgent"],
  window: {
    timezone: "text",
    otherwise: "text",
    days: new List(DAYS),
    from: "text",
    to: "text",
    outside: ["wait", "drop"],
  },
  pace: { per_second: "number", ramp: { from_per_second: "number", multiply_by: "number", each: "number" } },
  waves: new List({
    percent: "number",
    then_wait: "duration",
    halt_if: { failed_over: "number", gone_over: "number", at_least: "number" },
  }),
  ack: {
    need: ["received", "read"],
    within: "duration",
    resend: "number",
    once_per_user: "boolean",
    escalate: { target: "any", message: "any" },
  },
};

/** What is not of a strategy's shape: where, and what would be (`unknown`: no member has that name). */
export interface ShapeFault {
  readonly pointer: string;
  readonly expected: "duration" | "text" | "number" | "boolean" | "object" | "list" | "unknown" | readonly string[];
}

/** Reads JSON as a strategy: its members and their types, not their limits. */
export function shaped(value: unknown): { strategy: StrategyGiven } | { fault: ShapeFault } {
  const fault = value === null ? ({ pointer: "", expected: "object" } as const) : misshapen(value, SHAPE, "");
  return fault === null ? { strategy: value as StrategyGiven } : { fault };
}

function misshapen(value: unknown, shape: Shape, pointer: string): ShapeFault | null {
  if (value === null || shape === "any") return null;
  if (shape instanceof List) {
    if (!Array.isArray(value)) return { pointer, expected: "list" };
    return firstOf(value.map((entry, index) => notNull(entry, shape.of, `${pointer}/${index}`)));
  }
  if (Array.isArray(shape)) return shape.includes(value as string) ? null : { pointer, expected: shape };
  if (typeof shape === "object") {
    if (typeof value !== "object" || Array.isArray(value)) return { pointer, expected: "object" };
    const members = shape as { readonly [name: string]: Shape };
    return firstOf(
      Object.entries(value).map(([name, entry]) => {
        const here = `${pointer}/${name}`;
        const wanted = members[name];
        return wanted === undefined ? { pointer: here, expected: "unknown" } : misshapen(entry, wanted, here);
      }),
    );
  }
  if (shape === "duration") return ["string", "number"].includes(typeof value) ? null : { pointer, expected: shape };
  const type = shape === "text" ? "string" : shape;
  return typeof value === type ? null : { pointer, expected: shape };
}

function notNull(value: unknown, shape: Shape, pointer: string): ShapeFault | null {
  if (value !== null) return misshapen(value, shape, pointer);
  return { pointer, expected: Array.isArray(shape) ? shape : "object" };
}

const firstOf = (faults: readonly (ShapeFault | null)[]): ShapeFault | null =>
  faults.find(fault => fault !== null) ?? null;
