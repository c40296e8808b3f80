// @vitest-environment jsdom

import { beforeAll, describe, expect, it } from "vitest";
import { startWords } from "../words/index.js";
import { ADDITIONS, additionsTo, stepOf, withAdded, withMember, withoutStep } from "./editing.js";
import { EVERYTHING, MUST_READ, NOW, STAGED } from "./examples.js";
import { faultsOf } from "./faults.js";
import { graphOf, type StepId } from "./nodes.js";
import { shaped } from "./shape.js";
import { MAX_WAVES } from "./strategy.js";
import { graphWords } from "./words.js";

const DEFAULTS = ["retain"];
const wrong = (strategy: object) => [...faultsOf(strategy, graphWords()).keys()];

beforeAll(() => startWords("en"));

describe("adding", () => {
  it.each(ADDITIONS.filter(each => !DEFAULTS.includes(each)))("%s leads to a step that there is then", addition => {
    const { strategy, step } = withAdded(NOW, addition);
    expect(graphOf(strategy).steps.map(each => each.id)).toContain(step);
    expect(additionsTo(strategy)).not.toContain(addition === "wave" ? "retain" : addition);
    expect(wrong(strategy)).toEqual(addition === "escalate" ? ["/ack/escalate/target", "/ack/escalate/message"] : []);
  });

  it("keeping again undoes that nothing was kept", () => {
    const strategy = { retain: "0s", replay: "none" } as const;
    expect(additionsTo(strategy)).toContain("retain");
    expect(withAdded(strategy, "retain").strategy).toEqual({ retain: "24h" });
  });

  it("a wave goes before the last, half of the way to it", () => {
    const { strategy, step } = withAdded(STAGED, "wave");
    expect([strategy.waves?.map(wave => wave.percent), step]).toEqual([[5, 25, 62.5, 100], "wave-3"]);
    expect(wrong(strategy)).toEqual([]);
  });

  it("there is an end to waves", () => {
    const waves = Array.from({ length: MAX_WAVES }, (_, index) => ({ percent: (index + 1) * 5 }));
    expect(additionsTo({ waves })).not.toContain("wave");
  });
});

describe("taking out", () => {
  it.each(["window", "pace", "ack", "resend", "escalate", "retain", "replay", "pause-1"] as StepId[])(
    "%s leaves no such step",
    step => {
      const left = withoutStep(EVERYTHING, step);
      expect(graphOf(left).steps.map(each => each.id)).not.toContain(step);
      expect(wrong(left)).toEqual([]);
    },
  );

  it("the last wave makes the one before the last", () => {
    const left = withoutStep(STAGED, "wave-3");
    expect(left.waves?.map(wave => wave.percent)).toEqual([5, 100]);
    expect(wrong(left)).toEqual([]);
  });

  it("all waves but one leaves none", () => {
    expect(withoutStep({ waves: [{ percent: 5 }, { percent: 100 }] }, "wave-1")).toEqual({});
  });
});

describe("a member", () => {
  it("that is empty is taken out, so that its default counts", () => {
    expect(withMember(MUST_READ, "retain", "")).not.toHaveProperty("retain");
    expect(withMember(MUST_READ, "retain", "0s").retain).toBe("0s");
  });

  it.each([
    ["/waves/1/percent", "wave-2"],
    ["/waves", "wave-1"],
    ["/ack/escalate/target", "escalate"],
    ["/ack/need", "ack"],
    ["/replay", "retain"],
    ["/expires_in", "done"],
    ["/collapse_key", "deliver"],
  ])("%s is changed at %s", (pointer, step) => {
    expect(stepOf(pointer)).toBe(step);
  });
});

describe("JSON", () => {
  it("of the API's strategies has their shape", () => {
    for (const strategy of [NOW, STAGED, MUST_READ, EVERYTHING, { window: null, waves: null }]) {
      expect(shaped(strategy)).toEqual({ strategy });
    }
  });

  it.each([
    [null, ""],
    [[], ""],
    [{ waves: [null] }, "/waves/0"],
    [{ waves: [{ percent: "5" }] }, "/waves/0/percent"],
    [{ window: { days: ["monday"] } }, "/window/days/0"],
    [{ ack: { escalate: [] } }, "/ack/escalate"],
    [{ priority: "high" }, "/priority"],
    [{ name: "door" }, "/name"],
  ])("%j has not, at %s", (value, pointer) => {
    expect(shaped(value)).toMatchObject({ fault: { pointer } });
  });
});
