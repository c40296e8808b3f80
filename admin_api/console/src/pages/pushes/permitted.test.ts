import { describe, expect, it } from "vitest";
import { NO_COUNTS, pushOf } from "./examples.js";
import { permitted } from "./permitted.js";

describe("what can be done about a push", () => {
  it("goes by its state", () => {
    const counts = { ...NO_COUNTS, targeted: 5, sent: 5 };
    expect(permitted(pushOf({ state: "awaiting_approval" }), 10)).toEqual(["approve", "reject", "cancel"]);
    expect(permitted(pushOf({ state: "sending", counts }), 10)).toEqual(["halt", "cancel"]);
    expect(permitted(pushOf({ state: "halted", counts }), 10)).toEqual(["resume", "cancel"]);
    expect(permitted(pushOf({ state: "completed", counts }), 5)).toEqual(["cancel"]);
    expect(permitted(pushOf({ state: "expired", counts }), 5)).toEqual([]);
  });

  it("has no halt once all is released, and no recall where nobody has it", () => {
    const counts = { ...NO_COUNTS, targeted: 10, sent: 10 };
    expect(permitted(pushOf({ state: "sending", counts }), 10)).toEqual(["cancel"]);
    expect(permitted(pushOf({ state: "completed" }), 0)).toEqual([]);
  });
});
