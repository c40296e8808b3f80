// @vitest-environment jsdom

import i18next, { type TFunction } from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import type { Step } from "../../api/schema.js";
import english from "../../words/en/index.js";
import { startWords } from "../../words/index.js";
import { stepInWords, toneOf } from "./trace.js";

const words = (step: Step) => stepInWords(step, i18next.getFixedT(null, "pushes") as TFunction<"pushes">);

describe("a step in words", () => {
  beforeAll(() => startWords("en"));

  it("is another where other facts are there", () => {
    const sent = { step: "delivery", outcome: "sent", text: "" } as const;
    expect(words({ ...sent, data: { at: "2026-11-24T09:00:00Z", detail: null } })).toContain(
      "Handed to its connection",
    );
    expect(words({ ...sent, data: {} })).toContain("keeps no receipts");
    const stage = { step: "stage", outcome: "w2/Asia/Tokyo", text: "" } as const;
    expect(words({ ...stage, data: { wave: 2, waves: 2, lane: "Asia/Tokyo" } })).toBe(
      "Its turn is in wave 2 of 2, with those of Asia/Tokyo",
    );
    expect(words({ ...stage, data: { wave: 2, waves: 2, lane: null } })).toBe("Its turn is in wave 2 of 2");
  });

  it("says how long as people say it", () => {
    const data = { within: "15m" };
    expect(words({ step: "acknowledgement", outcome: "unconfirmed", text: "", data })).toBe(
      "It is to acknowledge within 15 min, and has not",
    );
  });

  it("lists all moments of a resend", () => {
    const at = ["2020-11-24T09:00:00Z", "2020-11-24T10:30:00Z"];
    expect(words({ step: "resend", outcome: "resent", text: "", data: { at } })).toMatch(/2020.*, .*2020/);
  });

  it("is the service's own where nothing is known of the outcome", () => {
    expect(words({ step: "end", outcome: "novel", text: "as the service says", data: {} })).toBe("as the service says");
  });

  it("leaves no placeholder unfilled in what the service can say", () => {
    const data = {
      clause: { groups: ["ops"] },
      at: "2026-11-24T09:00:00Z",
      until: "2026-11-24T09:00:00Z",
      from: "2026-11-24T09:00:00Z",
      to: "2026-11-24T09:10:00Z",
      connected_since: "2026-11-24T09:00:00Z",
      last_seen: "2026-11-24T09:00:00Z",
      send_at: "2026-11-24T09:00:00Z",
      opens_at: "2026-11-24T09:00:00Z",
      timezone: "UTC",
      cron: "0 9 * * *",
      wave: 1,
      waves: 2,
      lane: "UTC",
      within: "15m",
      collapse_key: "k",
    };
    for (const [step, outcomes] of Object.entries(english.pushes.trace)) {
      for (const outcome of Object.keys(outcomes)) {
        const said = words({ step: step as Step["step"], outcome, text: "unknown", data });
        expect(said, `${step}.${outcome}`).not.toMatch(/\{\{|unknown$/);
      }
    }
  });

  it("has a mark for how it came out", () => {
    expect(["read", "kept", "gone", "w1"].map(toneOf)).toEqual(["good", "waits", "bad", "plain"]);
  });
});
