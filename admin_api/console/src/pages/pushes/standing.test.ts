import { describe, expect, it } from "vitest";
import { lane, mustRead, NO_COUNTS, pushOf, span, stagedTimelines, strategyOf, TO_READ } from "./examples.js";
import { standingOf } from "./standing.js";

const STAGED = strategyOf({
  waves: [
    { percent: 5, then_wait: "10m" },
    { percent: 100, then_wait: 0 },
  ],
});

describe("where a push stands in its strategy", () => {
  it("is at the pause between waves, with what each wave reached", () => {
    const timelines = stagedTimelines(
      "10:03",
      lane("w1", 18, span("send", "10:00", "10:00", 18), span("pause", "10:00", "10:03")),
      lane("w2", 382),
    );
    const counts = { ...NO_COUNTS, targeted: 18, sent: 18 };
    const standing = standingOf(pushOf({ state: "waiting", strategy: STAGED, counts }), timelines);
    expect(standing.current).toBe("pause-1");
    expect(standing.counts).toMatchObject({ "wave-1": { count: 18, of: 18 }, "wave-2": { count: 0, of: 382 } });
  });

  it("has found all of a wave that was sent before it was halted, and leaves the rest to the next", () => {
    const halted = [span("pause", "10:00", "10:03"), span("halted", "10:03", "10:09")];
    const timelines = stagedTimelines(
      "10:09",
      lane("w1", 16, span("send", "10:00", "10:00", 16), ...halted),
      lane("w2", 384, span("halted", "10:03", "10:09")),
    );
    const push = pushOf({ state: "halted", ended_by: "halt_if", strategy: STAGED });
    expect(standingOf(push, timelines).counts).toMatchObject({
      audience: 400,
      "wave-1": { count: 16, of: 16 },
      "wave-2": { count: 0, of: 384 },
    });
  });

  it("is in the midst of a wave that is not all sent yet, however many it has found", () => {
    const timelines = stagedTimelines("10:02", lane("w1", 4, span("send", "10:00", "10:02", 4)), lane("w2", 380));
    const push = pushOf({ state: "sending", strategy: STAGED });
    expect(standingOf(push, timelines)).toMatchObject({
      current: "wave-1",
      counts: { "wave-1": { count: 4, of: 20 } },
    });
  });

  it("is at the acknowledgements when all is sent", () => {
    const timelines = mustRead("10:05", span("send", "10:00", "10:00", 63), span("ack_wait", "10:00", "10:05"));
    const counts = { ...NO_COUNTS, targeted: 63, sent: 63, received: 60, read: 42 };
    const push = pushOf({ state: "sent", strategy: strategyOf({ ack: TO_READ }), counts });
    expect(standingOf(push, timelines)).toMatchObject({ current: "ack", counts: { ack: { count: 42, of: 63 } } });
  });

  it("is nowhere once it was cancelled, and at the end once it is completed", () => {
    const timelines = mustRead("10:05", span("send", "10:00", "10:00", 63));
    expect(standingOf(pushOf({ state: "cancelled" }), timelines).current).toBeNull();
    expect(standingOf(pushOf({ state: "completed" }), timelines).current).toBe("done");
    expect(standingOf(pushOf({ state: "awaiting_approval" }), timelines).current).toBe("approval");
  });
});
