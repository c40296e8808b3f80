import { describe, expect, it } from "vitest";
import { EVERYTHING, MUST_READ, NOW, STAGED, WORKING_HOURS } from "./examples.js";
import { graphOf } from "./nodes.js";
import type { StrategyGiven } from "./strategy.js";

const ids = (strategy: StrategyGiven, options = {}) => graphOf(strategy, options).steps.map(step => step.id);
const links = (strategy: StrategyGiven) => graphOf(strategy).links.map(({ from, to, kind }) => `${from} ${kind} ${to}`);

describe("the steps of a strategy", () => {
  it("are few where everything is a default", () => {
    expect(ids({})).toEqual(["audience", "deliver", "done", "retain", "replay"]);
    expect(ids({})).toEqual(ids(NOW));
  });

  it("are only those that it has", () => {
    expect(ids(WORKING_HOURS)).toContain("window");
    expect(ids(STAGED)).toEqual([
      ...["audience", "wave-1", "pause-1", "wave-2", "pause-2", "wave-3"],
      ...["deliver", "done", "retain", "replay"],
    ]);
    expect(ids(MUST_READ)).toEqual(["audience", "deliver", "ack", "resend", "done", "retain", "replay"]);
    expect(ids(EVERYTHING)).toHaveLength(15);
  });

  it("keep nothing where nothing is retained or replayed", () => {
    expect(ids({ retain: "0s" })).toEqual(["audience", "deliver", "done"]);
    expect(ids({ replay: "none" })).toEqual(["audience", "deliver", "done"]);
  });

  it("have a check without a pause, and no pause after the last wave", () => {
    expect(
      ids({
        waves: [
          { percent: 10, halt_if: { failed_over: 0.1 } },
          { percent: 100, then_wait: "5m" },
        ],
      }),
    ).toEqual(expect.arrayContaining(["wave-1", "pause-1", "wave-2"]));
    expect(ids({ waves: [{ percent: 10 }, { percent: 100, then_wait: "5m" }] })).not.toContain("pause-2");
  });

  it("begin with an approval only where somebody must approve", () => {
    expect(ids(NOW, { approval: true }).slice(0, 2)).toEqual(["audience", "approval"]);
  });

  it("are linked in their order, sent again, and branch to those who are away", () => {
    expect(links(MUST_READ)).toEqual([
      "audience next deliver",
      "deliver next ack",
      "ack next resend",
      "resend next done",
      "resend again ack",
      "deliver away retain",
      "retain away replay",
    ]);
  });
});
