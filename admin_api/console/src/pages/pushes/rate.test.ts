import { describe, expect, it } from "vitest";
import { rateOf } from "./rate.js";

const from = Date.parse("2026-11-24T09:00:00.000Z");
const curve = (...points: [seconds: number, count: number][]) => ({
  reach: points.map(([seconds, count]): [string, number] => [new Date(from + seconds * 1_000).toISOString(), count]),
});

describe("the rate of a push", () => {
  it("says how many were reached in each step, also where that is nobody", () => {
    const rate = rateOf(curve([0, 0], [0, 10], [3, 14], [3.5, 15]));
    expect(rate?.stepS).toBe(1);
    expect(rate?.points.map(point => point.reached)).toEqual([10, 0, 0, 5]);
    expect(rate?.points[3]?.at).toBe(from + 3_000);
  });

  it("takes longer steps for longer pushes and loses nobody", () => {
    const rate = rateOf(curve([0, 100], [600, 400], [7_200, 1_347]));
    expect(rate?.stepS).toBe(300);
    expect(rate?.points.length).toBeLessThanOrEqual(60);
    expect(rate?.points.reduce((sum, point) => sum + point.reached, 0)).toBe(1_347);
  });

  it("is none where all were reached at once, or nobody", () => {
    expect(rateOf(curve([0, 0], [0, 400]))).toBeNull();
    expect(rateOf(curve([0, 0]))).toBeNull();
    expect(rateOf(curve())).toBeNull();
  });
});
