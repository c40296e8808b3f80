import { describe, expect, it } from "vitest";
import type { Policy } from "../../api/schema.js";
import { changed, changesOf } from "./strategy_changes.js";

const MUST_READ: Policy = {
  retain: "7d",
  receipts: "none",
  replay: "missed",
  priority: "normal",
  expires_in: null,
  ack: { need: "read", within: "15m", resend: 2, once_per_user: true },
};

describe("changes of a strategy", () => {
  it("are none where it says the same in another order", () => {
    const edited = { ...MUST_READ, ack: { resend: 2, within: "15m", need: "read", once_per_user: true } };
    expect(changesOf(MUST_READ, edited)).toEqual({});
  });

  it("are whole members", () => {
    const ack = { need: "read", within: "5m", resend: 2, once_per_user: true };
    expect(changesOf(MUST_READ, { ...MUST_READ, ack, retain: "1d" })).toEqual({ ack, retain: "1d" });
  });

  it("put back to its default what is taken away", () => {
    const { ack: _, ...without } = MUST_READ;
    expect(changesOf(MUST_READ, without)).toEqual({ ack: null });
  });

  it("leave out the name", () => {
    expect(changesOf(MUST_READ, { ...MUST_READ, name: "must-read", version: 3 })).toEqual({});
  });

  it("make what was edited, laid over what is kept", () => {
    const edited = { ...MUST_READ, retain: "1h", ack: null, pace: { per_second: 5 } };
    expect(changed(MUST_READ, changesOf(MUST_READ, edited))).toEqual(edited);
  });
});
