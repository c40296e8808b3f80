import { describe, expect, it } from "vitest";
import { instant, localOf } from "./local_time.js";

describe("a moment by the viewer's clock", () => {
  it("writes a moment as the field reads it", () => {
    const at = new Date(2026, 0, 5, 7, 3);
    expect(localOf(at)).toBe("2026-01-05T07:03");
    expect(instant(localOf(at))).toBe(at.toISOString());
  });

  it("is none while it is incomplete", () => {
    expect([instant(""), instant("2026-11-24T09:")]).toEqual([null, null]);
  });
});
