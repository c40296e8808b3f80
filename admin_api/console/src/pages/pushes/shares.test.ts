import { describe, expect, it } from "vitest";
import { NO_COUNTS } from "./examples.js";
import { sharesOf } from "./shares.js";

const total = (shares: ReturnType<typeof sharesOf>) => shares.reduce((sum, { count }) => sum + count, 0);

describe("shares", () => {
  it("count each terminal once", () => {
    const counts = { ...NO_COUNTS, targeted: 70, sent: 63, received: 60, read: 42, failed: 1, recalled: 7, gone: 7 };
    const shares = sharesOf(counts, 100);
    expect(shares).toEqual([
      { state: "read", count: 42 },
      { state: "received", count: 10 },
      { state: "sent", count: 3 },
      { state: "failed", count: 1 },
      { state: "recalled", count: 7 },
      { state: "gone", count: 7 },
      { state: "waiting", count: 30 },
    ]);
    expect(total(shares)).toBe(100);
  });

  it("never come to more than were sent, where one was read and then recalled", () => {
    const counts = { ...NO_COUNTS, targeted: 45, sent: 45, received: 45, read: 39, recalled: 9 };
    expect(sharesOf(counts, 45)).toEqual([
      { state: "read", count: 39 },
      { state: "recalled", count: 6 },
    ]);
  });

  it("go by what was found where that is more than was expected", () => {
    const counts = { ...NO_COUNTS, targeted: 12, sent: 12 };
    expect(sharesOf(counts, 10)).toEqual([{ state: "sent", count: 12 }]);
  });
});
