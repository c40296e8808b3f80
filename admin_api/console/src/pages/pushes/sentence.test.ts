// @vitest-environment jsdom

import i18next from "i18next";
import { beforeEach, describe, expect, it } from "vitest";
import type { PushDetail, Timelines } from "../../api/schema.js";
import { startWords } from "../../words/index.js";
import {
  at,
  lane,
  mark,
  mustRead,
  NO_COUNTS,
  picture,
  pushOf,
  span,
  stagedTimelines,
  strategyOf,
  TO_READ,
} from "./examples.js";
import { sentence } from "./sentence.js";

const EMPTY: Timelines = { forecast: picture("10:00", []), actual: picture("10:00", []) };
const STAGED = strategyOf({
  waves: [
    { percent: 5, then_wait: "10m" },
    { percent: 100, then_wait: 0 },
  ],
});

const said = (push: Partial<PushDetail>, timelines: Timelines, now: string) =>
  sentence(pushOf(push), timelines, new Date(at(now)), i18next.getFixedT(null, "pushes"));

const counts = (own: Partial<typeof NO_COUNTS>) => ({ ...NO_COUNTS, ...own });

describe("a push in one sentence", () => {
  beforeEach(() => startWords("en"));

  it("says how far the wave is and when it is done, later by as much as it is late", () => {
    const timelines = stagedTimelines(
      "10:27",
      lane("w1", 18, span("send", "10:00", "10:00", 18), span("pause", "10:00", "10:12")),
      lane("w2", 226, span("send", "10:12", "10:27", 226)),
    );
    const push = { state: "sending" as const, strategy: STAGED, counts: counts({ targeted: 244, sent: 244 }) };
    expect(said(push, timelines, "10:27")).toBe("Wave 2 of 2, 61%, done about 10:42");
  });

  it("says what a pause is for and how long it is", () => {
    const timelines = stagedTimelines(
      "10:03",
      lane("w1", 18, span("send", "10:00", "10:00", 18), span("pause", "10:00", "10:03")),
      lane("w2", 382),
    );
    const push = { state: "waiting" as const, strategy: STAGED, counts: counts({ targeted: 18, sent: 18 }) };
    expect(said(push, timelines, "10:03")).toBe("Wave 1 of 2 is sent, 4.5%; wave 2 follows at 10:10, done about 10:40");
  });

  it("says the wait that is over first, where a wave also waits to be read", () => {
    const timelines = stagedTimelines(
      "10:03",
      lane(
        "w1",
        18,
        span("send", "10:00", "10:00", 18),
        span("pause", "10:00", "10:03"),
        span("ack_wait", "10:00", "10:03"),
      ),
      lane("w2", 382),
    );
    const push = { state: "waiting" as const, strategy: STAGED, counts: counts({ targeted: 18, sent: 18 }) };
    expect(said(push, timelines, "10:03")).toContain("wave 2 follows at 10:10");
  });

  it("names the last wave that went out where an earlier one waits first, since it counts them all", () => {
    const strategy = strategyOf({
      waves: [
        { percent: 5, then_wait: "5m" },
        { percent: 50, then_wait: "30m" },
        { percent: 100, then_wait: 0 },
      ],
      ack: TO_READ,
    });
    const waves = (until1: string, until2: string) => [
      lane("w1", 20, span("send", "10:00", "10:00", 20), span("ack_wait", "10:00", until1)),
      lane("w2", 180, span("send", "10:05", "10:05", 180), span("pause", "10:05", until2)),
      lane("w3", 200),
    ];
    const timelines = {
      forecast: picture("10:35", waves("10:15", "10:35")),
      actual: picture("10:07", waves("10:07", "10:07")),
    };
    const push = { state: "waiting" as const, strategy, counts: counts({ targeted: 200, sent: 200, read: 50 }) };
    expect(said(push, timelines, "10:07")).toMatch(/^Wave 2 of 3 is sent: 50 of 200 terminals have read it/);
  });

  it("counts who has read it, and says what comes for the others", () => {
    const push = {
      state: "sent" as const,
      counts: counts({ targeted: 63, sent: 63, read: 42, recalled: 7, failed: 1 }),
    };
    const strategy = strategyOf({ ack: TO_READ });
    const first = mustRead("10:05", span("send", "10:00", "10:00", 63), span("ack_wait", "10:00", "10:05"));
    expect(said({ ...push, strategy }, first, "10:05")).toBe(
      "All is sent: 42 of 63 terminals have read it, 67%; 13 still open, and sent again at 10:15",
    );
    const again = mustRead(
      "10:16",
      span("send", "10:00", "10:00", 63),
      span("ack_wait", "10:00", "10:15"),
      span("resend", "10:15", "10:15", 14),
      span("ack_wait", "10:15", "10:16"),
    );
    expect(said({ ...push, strategy }, again, "10:16")).toContain("13 still open, until 10:30");
    const escalate = { target: { groups: ["oncall"] }, message: "Look" };
    expect(said({ ...push, strategy: strategyOf({ ack: { ...TO_READ, escalate } }) }, again, "10:16")).toContain(
      "and escalated at 10:30",
    );
  });

  it("announces nothing for the others when all have read it", () => {
    const confirmed = counts({ targeted: 63, sent: 63, read: 50, recalled: 12, failed: 1 });
    const strategy = strategyOf({ ack: TO_READ });
    const timelines = mustRead("10:05", span("send", "10:00", "10:00", 63), span("ack_wait", "10:00", "10:05"));
    const push = { strategy, counts: confirmed };
    expect(said({ ...push, state: "sent" }, timelines, "10:05")).toBe(
      "All is sent: 50 of 63 terminals have read it, 79%; 0 still open; it ends at 10:15",
    );
    expect(said({ ...push, state: "waiting" }, timelines, "10:05")).toMatch(/0 still open$/);
  });

  it("names the zone in which a window opens next", () => {
    const berlin = lane("w1/Europe/Berlin", 29, span("window", "10:00", "10:05"));
    const tokyo = lane("w1/Asia/Tokyo", 53, span("send", "10:00", "10:00", 53));
    const timelines: Timelines = {
      forecast: picture(
        "12:00",
        [tokyo, { ...berlin, spans: [span("window", "10:00", "12:00"), span("send", "12:00", "12:00", 29)] }],
        {
          reach: [
            ["10:00", 53],
            ["12:00", 82],
          ],
          marks: [mark("done", "15:00")],
        },
      ),
      actual: picture("10:05", [tokyo, berlin]),
    };
    const push = { state: "waiting" as const, counts: counts({ targeted: 53, sent: 53 }) };
    expect(said(push, timelines, "10:05")).toBe(
      "Sent to 53 of 82 terminals, 65%; the next window opens at 12:00 in Europe/Berlin, done about 12:00",
    );
  });

  it("says who halted it and why", () => {
    const halted = (detail: string): Timelines => ({
      forecast: picture("10:29", [lane("w1", 29, span("send", "10:00", "10:29", 29))]),
      actual: picture("10:10", [lane("w1", 10, span("send", "10:00", "10:09", 10), span("halted", "10:09", "10:10"))], {
        marks: [mark("halted", "10:09", detail)],
      }),
    });
    const push = { state: "halted" as const, counts: counts({ targeted: 10, sent: 10 }) };
    expect(said({ ...push, ended_by: "bob" }, halted("bob: wrong text"), "10:10")).toBe(
      "Halted by bob at 10:09, after 10 of 29 terminals (34%): wrong text",
    );
    expect(said({ ...push, ended_by: "halt_if" }, halted("failed_over 0.02: 1 of 10 in wave 1"), "10:10")).toBe(
      "Halted by itself at 10:09, after 10 of 29 terminals (34%): 1 of 10 failed in wave 1, more than 2%",
    );
  });

  it("says what is still to come", () => {
    const forecast = picture("11:00", [lane("w1", 117, span("send", "11:00", "11:00", 117))]);
    const timelines = { ...EMPTY, forecast };
    const repeat = { cron: "0 11 * * *", timezone: "UTC" };
    expect(said({ state: "scheduled", send_at: at("11:00") }, timelines, "10:00")).toBe(
      "Is sent at 11:00, to about 117 terminals",
    );
    expect(said({ state: "scheduled", repeat, next_runs: [at("11:00")] }, timelines, "10:00")).toBe(
      "Repeats; the next run is at 11:00, to about 117 terminals",
    );
    expect(said({ state: "awaiting_approval", approve_by: at("12:00") }, timelines, "10:00")).toBe(
      "Waits for a second person until 12:00; 117 terminals are meant",
    );
  });

  it("says what it came to", () => {
    const finished_at = at("10:42");
    const some = counts({ targeted: 119, sent: 118, recalled: 115, gone: 1 });
    expect(said({ state: "completed", finished_at, counts: some }, EMPTY, "11:00")).toBe(
      "Completed at 10:42: sent to 118 of 119 terminals",
    );
    expect(said({ state: "completed", finished_at }, EMPTY, "11:00")).toBe(
      "Completed at 10:42: nobody who is meant was connected",
    );
    const cancelled = { ...EMPTY, actual: picture("10:42", [], { marks: [mark("cancelled", "10:42", "bob")] }) };
    expect(said({ state: "cancelled", finished_at, ended_by: "bob", counts: some }, cancelled, "11:00")).toBe(
      "Cancelled by bob at 10:42, taken off 115 of 118 screens",
    );
    expect(said({ state: "expired", finished_at, counts: some }, EMPTY, "11:00")).toContain("Ended at 10:42");
  });

  it("is said in Chinese too", async () => {
    await startWords("zh-CN");
    const timelines = stagedTimelines(
      "10:20",
      lane("w1", 18, span("send", "10:00", "10:00", 18), span("pause", "10:00", "10:10")),
      lane("w2", 226, span("send", "10:10", "10:20", 226)),
    );
    const push = { state: "sending" as const, strategy: STAGED, counts: counts({ targeted: 244, sent: 244 }) };
    expect(said(push, timelines, "10:20")).toBe("第 2 批，共 2 批，61%，预计 10:40 完成");
  });
});
