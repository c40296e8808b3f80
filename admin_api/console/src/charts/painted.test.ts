import { describe, expect, it } from "vitest";
import { painted } from "./painted.js";

describe("painted", () => {
  const read = (name: string) => ({ "--ink": "#111111", "--line": "#222222" })[name] ?? "";

  it("puts colours in the place of variables, however deep", () => {
    const option = { color: ["var(--ink)", "#fff"], axis: { line: { style: { color: "var(--line)" } } } };
    expect(painted(option, read)).toEqual({
      color: ["#111111", "#fff"],
      axis: { line: { style: { color: "#222222" } } },
    });
  });

  it("leaves functions, dates and other text as they are", () => {
    const formatter = () => "x";
    const at = new Date(0);
    const given = { formatter, data: [[at, 3]], name: "uses var(--ink) somewhere" };
    const drawn = painted(given, read);
    expect(drawn.formatter).toBe(formatter);
    expect(drawn.data[0]?.[0]).toBe(at);
    expect(drawn.name).toBe("uses var(--ink) somewhere");
  });
});
