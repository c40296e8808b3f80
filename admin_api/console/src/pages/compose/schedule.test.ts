import { describe, expect, it } from "vitest";
import { AT_ONCE, scheduleOf, viewersZone } from "./schedule.js";

describe("when it is sent", () => {
  it("says nothing for at once", () => {
    expect(scheduleOf({ ...AT_ONCE, at: "2026-11-24T09:00", times: "3" })).toEqual({});
  });

  it("is a moment by the viewer's clock", () => {
    const at = "2026-11-24T09:00";
    expect(scheduleOf({ ...AT_ONCE, is: "at", at })).toEqual({ send_at: new Date(at).toISOString() });
  });

  it("waits for a moment that is not said yet", () => {
    expect(scheduleOf({ ...AT_ONCE, is: "at" })).toBeNull();
    expect(scheduleOf({ ...AT_ONCE, is: "repeat", cron: " " })).toBeNull();
  });

  it("repeats by a clock, in the viewer's zone if none is said", () => {
    expect(scheduleOf({ ...AT_ONCE, is: "repeat" })).toEqual({
      repeat: { cron: "0 9 * * mon-fri", timezone: viewersZone() },
    });
    expect(
      scheduleOf({ ...AT_ONCE, is: "repeat", timezone: "Asia/Tokyo", times: "10", until: "2027-01-01T00:00" }),
    ).toEqual({
      repeat: {
        cron: "0 9 * * mon-fri",
        timezone: "Asia/Tokyo",
        until: new Date("2027-01-01T00:00").toISOString(),
        times: 10,
      },
    });
  });
});
