// @vitest-environment jsdom

import { beforeAll, describe, expect, it } from "vitest";
import { changeLanguage, startWords } from "../words/index.js";
import { EVERYTHING, MUST_READ, NOW, STAGED, WORKING_HOURS } from "./examples.js";
import { graphOf } from "./nodes.js";
import type { StrategyGiven } from "./strategy.js";
import { daysInWords, graphWords, stepWords, strategyInWords } from "./words.js";

const details = (strategy: StrategyGiven) =>
  Object.fromEntries(graphOf(strategy).steps.map(step => [step.id, stepWords(step, strategy).detail]));

describe("in English", () => {
  beforeAll(() => startWords("en"));

  it("a strategy is said in two sentences", () => {
    expect(strategyInWords({})).toBe("To everyone at once. Kept 1 day for those away.");
    expect(strategyInWords(NOW)).toBe(strategyInWords({}));
    expect(strategyInWords(WORKING_HOURS)).toBe(
      "Only Mon–Fri 09:00–18:00 by each terminal's own clock, else it waits. Kept 3 days for those away.",
    );
    expect(strategyInWords(STAGED)).toBe(
      "First to 5%, 10 min later to 25%, 10 min later to all; " +
        "it halts by itself over 2% failed or 10% gone, of 50 or more. Kept 1 day for those away.",
    );
    expect(strategyInWords(MUST_READ)).toBe(
      "To everyone at once. A person must read it within 15 min (once for each user); " +
        "else it is sent 2 more times; kept 7 days for those away.",
    );
    expect(strategyInWords({ replay: "none" })).toContain("Nothing is kept for those away.");
  });

  it("what is urgent does not speak of its window", () => {
    expect(strategyInWords({ ...WORKING_HOURS, priority: "urgent" })).toBe(
      "To everyone at once. Kept 3 days for those away.",
    );
  });

  it("each step says its numbers", () => {
    expect(details(EVERYTHING)).toEqual({
      audience: "who is meant, as it is sent",
      window: "Mon, Wed 09:00–17:30, Asia/Tokyo; outside of it nobody gets it",
      pace: "from 10 a second, × 2 after every 1,000, up to 200",
      "wave-1": "5% of all",
      "pause-1": "10 min; halt over 2% failed or 10% gone, of 50 or more",
      "wave-2": "up to 25%",
      "pause-2": "10 min; halt over 2% failed or 10% gone, of 50 or more",
      "wave-3": "the rest",
      deliver: "to everyone there; a receipt for each terminal; replaces “door”",
      ack: "a person reads it within 15 min; once for each user",
      resend: "2 times, every 15 min",
      escalate: "tell group:oncall",
      done: "2 days after its time at the latest",
      retain: "for 1 day",
      replay: "all that they missed",
    });
  });

  it("a draft with holes is said with holes, not with NaN", () => {
    const draft = {
      waves: [{}, { percent: 100 }],
      pace: {},
      ack: { within: "15x", resend: 1, escalate: {} },
      retain: "",
    };
    const said = [...Object.values(details(draft)), strategyInWords(draft)].join(" ");
    expect(said).not.toMatch(/NaN|undefined|null/);
    expect(said).toContain("…");
  });

  it("a member that is null is a hole too", () => {
    expect(details({ pace: { per_second: null } })["pace"]).toBe("… a second");
    expect(details({ waves: [{ percent: null }, { percent: 100 }] })["wave-1"]).toBe("… of all");
  });

  it("days are a range where they follow each other", () => {
    const t = graphWords();
    expect(daysInWords(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], t)).toBe("every day");
    expect(daysInWords(["sat", "sun"], t)).toBe("Sat, Sun");
    expect(daysInWords(["tue", "wed", "thu"], t)).toBe("Tue–Thu");
    expect(daysInWords(["mon", "tue", "fri"], t)).toBe("Mon, Tue, Fri");
  });
});

describe("in Chinese", () => {
  beforeAll(async () => {
    await startWords("en");
    await changeLanguage("zh-CN");
  });

  it("the same is said in the field's words", () => {
    expect(strategyInWords(STAGED)).toBe(
      "先推送给 5%，10 分钟后扩大到 25%，10 分钟后推送给全部；失败超过 2%或断开超过 10%（至少 50 台）时自动中止。为离线终端保留 1 天。",
    );
    expect(details(EVERYTHING)["resend"]).toBe("2 次，每隔 15 分钟");
  });
});
