import { describe, expect, it } from "vitest";
import { pathOf } from "./sparkline.js";

describe("a sparkline", () => {
  it("reaches from the first value at the left to the last at the right", () => {
    expect(pathOf([0, 5, 10], 100, 24)).toBe("M0 22L50 12L100 2");
  });

  it("is flat at the ground when there is nothing", () => {
    expect(pathOf([0, 0], 100, 24)).toBe("M0 22L100 22");
  });

  it("is a line even of one value", () => {
    expect(pathOf([3], 100, 24)).toBe("M0 2L100 2");
  });
});
