import { describe, expect, it } from "vitest";
import { isTyped, numberToType, outcomeOf } from "./outcome.js";
import { PREVIEW } from "./preview.example.js";

describe("what a preview comes to", () => {
  it("says when the last is reached and when it ends", () => {
    expect(outcomeOf(PREVIEW)).toEqual({
      terminals: 387,
      reachedAt: "2026-11-24T09:10:20.000Z",
      endsAt: "2026-11-24T09:10:25.000Z",
      usd: 0.000451,
      mostUsd: 0.000632,
    });
  });

  it("reaches nobody where nobody is connected", () => {
    const timeline = { ...PREVIEW.timeline, reach: [], marks: [] };
    expect(outcomeOf({ ...PREVIEW, timeline })).toMatchObject({ reachedAt: null, endsAt: PREVIEW.timeline.to });
  });
});

describe("the number to type", () => {
  it("is asked for above the limit only", () => {
    expect(numberToType(100, 100)).toBeNull();
    expect(numberToType(101, 100)).toBe(101);
  });

  it("may be typed as it is shown", () => {
    expect(isTyped("1284", 1_284)).toBe(true);
    expect(isTyped(" 1,284 ", 1_284)).toBe(true);
    expect(isTyped("1.284", 1_284)).toBe(true);
    expect(isTyped("128", 1_284)).toBe(false);
    expect(isTyped("", 1_284)).toBe(false);
  });
});
