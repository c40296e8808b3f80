import { describe, expect, it } from "vitest";
import { sameJson } from "./json.js";

describe("the same JSON", () => {
  it("goes by meaning", () => {
    expect(sameJson({ a: [1, { b: null }], c: 2 }, { c: 2, a: [1, { b: null }] })).toBe(true);
    expect(sameJson([1, 2], [2, 1])).toBe(false);
    expect(sameJson([], {})).toBe(false);
    expect(sameJson({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(sameJson({ a: null }, { a: {} })).toBe(false);
  });
});
