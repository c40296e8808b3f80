import { describe, expect, it } from "vitest";
import { csv } from "./csv.js";

const lines = (text: string) => text.slice(1).trimEnd().split("\r\n");

describe("csv", () => {
  it("begins with a byte order mark and ends each row with CRLF", () => {
    expect(csv(["a", "b"], [[1, null]])).toBe("\uFEFFa,b\r\n1,\r\n");
  });

  it("quotes what would end a cell", () => {
    expect(lines(csv(["x"], [['say "hi", all']]))[1]).toBe('"say ""hi"", all"');
  });

  it("writes no formula", () => {
    expect(lines(csv(["x"], [["=1+1"], ["@SUM(A1)"], [-5]])).slice(1)).toEqual(["'=1+1", "'@SUM(A1)", "-5"]);
  });

  it("writes objects as JSON", () => {
    expect(lines(csv(["x"], [[{ reason: "x" }]]))[1]).toBe('"{""reason"":""x""}"');
  });
});
