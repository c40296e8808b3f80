// @vitest-environment jsdom

import { beforeAll, describe, expect, it } from "vitest";
import { ProblemError } from "../api/problem.js";
import { startWords } from "../words/index.js";
import { EVERYTHING, MUST_READ, NOW, STAGED, WORKING_HOURS } from "./examples.js";
import { faultsOf, refusedMembers } from "./faults.js";
import type { StrategyGiven } from "./strategy.js";

beforeAll(() => startWords("en"));

describe("what is wrong with a strategy", () => {
  it.each([{}, NOW, STAGED, MUST_READ, WORKING_HOURS, EVERYTHING])("is nothing with a good one", strategy => {
    expect([...faultsOf(strategy)]).toEqual([]);
  });

  it.each<[StrategyGiven, string]>([
    [{ retain: "31d" }, "/retain"],
    [{ retain: "1.5h" }, "/retain"],
    [{ expires_in: "0s" }, "/expires_in"],
    [{ collapse_key: "é".repeat(129) }, "/collapse_key"],
    [{ window: { timezone: "Mars/Base" } }, "/window/timezone"],
    [{ window: { timezone: "attr:" } }, "/window/timezone"],
    [{ window: { timezone: "attr:tz", otherwise: "Nowhere" } }, "/window/otherwise"],
    [{ window: { days: [] } }, "/window/days"],
    [{ window: { from: "24:00" } }, "/window/from"],
    [{ window: { to: "25:00" } }, "/window/to"],
    [{ pace: {} }, "/pace/per_second"],
    [{ pace: { per_second: 5, ramp: { from_per_second: 6, multiply_by: 2, each: 1 } } }, "/pace/ramp/from_per_second"],
    [{ pace: { per_second: 5, ramp: { from_per_second: 1, multiply_by: 1, each: 1 } } }, "/pace/ramp/multiply_by"],
    [{ pace: { per_second: 5, ramp: { from_per_second: 1, multiply_by: 2, each: 1.5 } } }, "/pace/ramp/each"],
    [{ waves: [] }, "/waves"],
    [{ waves: [{ percent: 10 }, { percent: 10 }, { percent: 100 }] }, "/waves/1/percent"],
    [{ waves: [{ percent: 90 }] }, "/waves/0/percent"],
    [{ waves: [{ percent: 10, then_wait: "15d" }, { percent: 100 }] }, "/waves/0/then_wait"],
    [{ waves: [{ percent: 10, halt_if: {} }, { percent: 100 }] }, "/waves/0/halt_if"],
    [{ waves: [{ percent: 100, halt_if: { gone_over: 2 } }] }, "/waves/0/halt_if/gone_over"],
    [{ pace: { per_second: null } }, "/pace/per_second"],
    [{ ack: {} }, "/ack/need"],
    [{ ack: { need: null } }, "/ack/need"],
    [{ ack: { need: "read", resend: 2 } }, "/ack/within"],
    [{ ack: { need: "read", within: "8d" } }, "/ack/within"],
    [{ ack: { need: "read", within: "1m", resend: 11 } }, "/ack/resend"],
    [{ ack: { need: "received", once_per_user: true } }, "/ack/once_per_user"],
    [{ ack: { need: "read", within: "1m", escalate: { target: "", message: "m" } } }, "/ack/escalate/target"],
    [{ ack: { need: "read", within: "1m", escalate: { target: "all", message: "" } } }, "/ack/escalate/message"],
  ])("%j is found", (strategy, pointer) => {
    const found = faultsOf(strategy);
    expect([...found.keys()]).toEqual([pointer]);
    expect(found.get(pointer)).not.toMatch(/NaN|\{\{|^fault/);
  });
});

describe("what the service refuses", () => {
  const refused = (problem: object) => [...refusedMembers(new ProblemError({ status: 422, ...problem }))];

  it("is at the member that it names, in a push and alone", () => {
    expect(
      refused({
        code: "invalid_strategy",
        field: "strategy.waves.1.percent",
        detail: "strategy.waves.1.percent must be more",
      }),
    ).toEqual([["/waves/1/percent", "must be more"]]);
    expect(
      refused({
        code: "invalid_request",
        errors: [
          { pointer: "/strategy/retain", detail: "is too long" },
          { pointer: "/ack", detail: "no" },
        ],
      }),
    ).toEqual([
      ["/retain", "is too long"],
      ["/ack", "no"],
    ]);
  });

  it("is a target's: that of the escalation, where there is no other", () => {
    const problem = new ProblemError({ code: "invalid_target", status: 422, detail: "expected a colon" });
    expect([...refusedMembers(problem)]).toEqual([["/ack/escalate/target", "expected a colon"]]);
    expect(refusedMembers(problem, { hasOwnTarget: true }).size).toBe(0);
    expect(refusedMembers(null).size).toBe(0);
  });
});
