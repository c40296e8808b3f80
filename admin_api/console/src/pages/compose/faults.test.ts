import { describe, expect, it } from "vitest";
import { ProblemError } from "../../api/problem.js";
import { placeOf, strategyFaults } from "./faults.js";

const refused = (code: string, more: object = {}) => new ProblemError({ code, status: 422, detail: "why", ...more });

describe("a refusal of a push", () => {
  it.each([
    ["target", refused("invalid_target", { position: 4 })],
    ["message", refused("message_too_large")],
    ["strategy", refused("invalid_strategy", { field: "strategy.waves.1.percent" })],
    ["strategy", refused("invalid_duration", { field: "strategy.retain" })],
    ["strategy", refused("invalid_target", { field: "strategy.ack.escalate.target" })],
    ["when", refused("invalid_schedule", { field: "repeat.cron" })],
    ["when", refused("invalid_time", { field: "send_at" })],
    ["when", refused("invalid_request", { errors: [{ pointer: "/repeat/times", detail: "too many" }] })],
    ["page", refused("sender_rate")],
    ["page", refused("unreachable")],
  ] as const)("is shown at the %s", (place, problem) => {
    expect(placeOf(problem)).toBe(place);
  });

  it("leads to members of the strategy", () => {
    const problem = refused("invalid_strategy", { field: "strategy.waves.1.percent" });
    expect([...strategyFaults(problem)]).toEqual([["/waves/1/percent", "why"]]);
    const request = refused("invalid_request", {
      errors: [{ pointer: "/strategy/pace/per_second", detail: "too fast" }],
    });
    expect([...strategyFaults(request)]).toEqual([["/pace/per_second", "too fast"]]);
  });

  it("leads to the strategy as a whole where it names none of its members", () => {
    expect([...strategyFaults(refused("strategy_not_found", { field: "strategy" }))]).toEqual([["", "why"]]);
    expect([...strategyFaults(refused("invalid_strategy"))]).toEqual([["", "why"]]);
  });

  it("has no fault of the strategy if it is about something else", () => {
    expect(strategyFaults(refused("invalid_target")).size).toBe(0);
    expect(strategyFaults(null).size).toBe(0);
  });
});
