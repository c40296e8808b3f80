// @vitest-environment jsdom

import { describe, expect, it } from "vitest";
import type { Flow, Receipt } from "../api/schema.js";
import { axis, moved } from "./axis.js";
import { dotAt, layoutOf, MOST_DOTS, stepped } from "./dots.js";
import { drawingOf } from "./drawing.js";
import { AT_ONCE, WINDOWED } from "./fixtures.js";
import { stepsOf } from "./flow.js";
import { countsOf, groupsOf } from "./groups.js";
import { placed } from "./labels.js";
import { progressAt, restingAt } from "./moment.js";
import { hasEndedAt, lanesReachedAt, reachedAt } from "./progress.js";
import { rows, slip, together } from "./rows.js";
import { ticks } from "./ticks.js";

const time = (clock: string) => Date.parse(`2026-11-30T${clock}Z`);
const windowed = drawingOf(WINDOWED);

describe("a drawing", () => {
  it("leaves out the marks of lanes that it does not show", () => {
    expect(windowed.marks.map(mark => mark.kind)).toEqual(["start", "window_opens", "done"]);
  });
});

describe("a push at a moment", () => {
  const planned = { forecast: windowed, actual: null, now: time("04:00:00") };
  const twenty = { total: 20, targeted: 0 };

  it("waits before its window", () => {
    expect(progressAt(planned, time("10:00:00"), twenty)).toEqual({ reached: 0, later: 0, waiting: 20, missed: 0 });
  });

  it("has reached as many by lane as by its curve", () => {
    for (const at of ["18:00:00", "18:05:00", "18:06:00", "18:20:00"]) {
      const byLane = [...lanesReachedAt(windowed, time(at)).values()];
      expect(
        byLane.reduce((sum, reached) => sum + reached, 0),
        at,
      ).toBe(reachedAt(windowed, time(at)));
    }
    expect([...lanesReachedAt(windowed, time("18:05:00")).values()]).toEqual([2, 9]);
  });

  it("misses who is left when it ends early", () => {
    const ended = { at: time("18:05:30"), kind: "cancelled" as const, lane: null, detail: null };
    const forecast = { ...windowed, marks: [...windowed.marks, ended] };
    const progress = progressAt({ ...planned, forecast }, time("18:05:40"), twenty);
    expect(progress).toEqual({ reached: 11, later: 0, waiting: 0, missed: 9 });
    expect(hasEndedAt(forecast, time("18:05:20"))).toBe(false);
  });

  it("rests where the last one is reached, and at the present while it runs", () => {
    expect(restingAt({ forecast: windowed, actual: null, now: time("04:00:00") })).toBe(time("18:06:00"));
    expect(restingAt({ forecast: windowed, actual: windowed, now: time("18:01:00") })).toBe(time("18:01:00"));
  });

  it("is foreseen after the present only", () => {
    const actual = { ...windowed, to: time("18:01:00"), reach: [{ at: time("18:00:30"), reached: 1 }], marks: [] };
    const tenses = { forecast: windowed, actual, now: time("18:01:00") };
    expect(progressAt(tenses, time("18:00:40"), twenty)).toEqual({ reached: 1, later: 0, waiting: 19, missed: 0 });
    expect(progressAt(tenses, time("18:06:00"), twenty)).toEqual({ reached: 20, later: 0, waiting: 0, missed: 0 });
  });

  it("counts who came back later once it is over, and never among those who miss it", () => {
    const marks = [{ at: time("18:06:30"), kind: "expires" as const, lane: null, detail: null }];
    const actual = { ...windowed, to: time("18:06:30"), reach: windowed.reach.slice(0, 3), marks };
    const meant = { total: 20, targeted: 18 };
    const over = { forecast: windowed, actual, now: null };
    expect(progressAt(over, actual.to, meant)).toEqual({ reached: 11, later: 7, waiting: 0, missed: 2 });
    expect(progressAt(over, time("18:05:00"), meant)).toEqual({ reached: 11, later: 0, waiting: 9, missed: 0 });
    // While it goes on, the counts may be newer than the curve.
    expect(progressAt({ ...over, now: actual.to }, actual.to, meant).later).toBe(0);
  });

  it("does not wait for who came back, once all is sent and it is still to be read", () => {
    const meant = { total: 23, targeted: 23 };
    const actual = { ...windowed, to: time("18:08:00"), marks: [] };
    const all = { reached: 20, later: 3, waiting: 0, missed: 0 };
    expect(progressAt({ forecast: windowed, actual, now: actual.to }, actual.to, meant)).toEqual(all);
    const early = { ...actual, lanes: actual.lanes.slice(0, 1), reach: windowed.reach.slice(0, 2) };
    expect(progressAt({ forecast: windowed, actual: early, now: early.to }, early.to, meant).later).toBe(0);
  });
});

describe("the axis", () => {
  const long = axis([windowed], { width: 800 });

  it("cuts a long wait short, and keeps some of it before what happens", () => {
    expect(long.pieces.map(piece => piece.compressed)).toEqual([false, true, false]);
    const [, gap] = long.pieces;
    expect((gap?.x1 ?? 0) - (gap?.x0 ?? 0)).toBeLessThan(80);
    expect(gap?.to).toBeLessThan(time("18:00:00"));
    expect(long.x(time("18:07:00")) - long.x(time("18:05:00"))).toBeGreaterThan(30);
  });

  it("goes forth and back", () => {
    for (const at of ["04:00:00", "11:00:00", "18:00:00", "18:06:13", "18:20:00"]) {
      expect(Math.abs(long.at(long.x(time(at))) - time(at)), at).toBeLessThan(5);
    }
    expect(long.x(time("23:00:00"))).toBeCloseTo(800);
  });

  it("is not cut where things happen evenly", () => {
    expect(axis([drawingOf(AT_ONCE)], { width: 800 }).pieces).toHaveLength(1);
  });

  it("of a push of a fraction of a second is as long as it was, and has no break", () => {
    const quick = { ...drawingOf(AT_ONCE), from: time("04:00:00.100"), to: time("04:00:00.160"), marks: [] };
    const ofIt = (to: number) =>
      axis([{ ...quick, to, lanes: [], reach: [{ at: quick.from, reached: 20 }] }], { width: 800 }).pieces;
    expect(ofIt(quick.to)).toMatchObject([{ from: quick.from, to: quick.to, compressed: false }]);
    expect(ofIt(quick.from)).toMatchObject([{ from: quick.from, to: quick.from + 20, compressed: false }]);
  });

  it("names round moments that are not too near to each other", () => {
    const named = ticks(long);
    expect(named.length).toBeGreaterThan(3);
    for (const [index, tick] of named.slice(1).entries()) {
      expect(tick.x - (named[index]?.x ?? 0)).toBeGreaterThan(40);
      expect(tick.at % 60_000).toBe(0);
    }
    expect(named.filter(tick => tick.day !== null)).toHaveLength(1);
  });

  it("is walked by keys", () => {
    const go = (key: string, far = false) =>
      moved(long, time("18:05:00"), key, { far, events: [time("18:00:00"), time("18:07:00")] });
    expect(go("Home")).toBe(long.from);
    expect(go("PageUp")).toBe(time("18:07:00"));
    expect(go("PageDown")).toBe(time("18:00:00"));
    expect(go("Escape")).toBeNull();
    expect(go("a")).toBeUndefined();
    const [near, far] = [go("ArrowRight") ?? 0, go("ArrowRight", true) ?? 0];
    expect(near).toBeGreaterThan(time("18:05:00"));
    expect(far - time("18:05:00")).toBeGreaterThan(5 * (near - time("18:05:00")));
  });
});

describe("rows", () => {
  it("put the waves of a zone together on demand", () => {
    expect(rows(windowed, null, "lane")).toHaveLength(2);
    expect(rows(windowed, null, "zone")).toMatchObject([{ wave: null, timezone: "America/Chicago", terminals: 20 }]);
    expect(together([windowed])).toBeNull();
  });

  it("know how late they began", () => {
    const lanes = windowed.lanes.map(lane => ({
      ...lane,
      spans: lane.spans.map(span => ({ ...span, from: span.from + 60_000, to: span.to + 60_000 })),
    }));
    expect(rows(windowed, { ...windowed, lanes }, "lane").map(slip)).toEqual([60_000, 60_000]);
    expect(rows(windowed, null, "lane").map(slip)).toEqual([null, null]);
  });
});

describe("labels", () => {
  it("never touch, and who matters less gives way", () => {
    const wanted = [1, 2, 3].map(weight => ({ id: `${weight}`, x: 100 + weight, text: "confirmation due", weight }));
    const found = placed(wanted, 400, 2);
    expect(found.map(label => label.id)).toEqual(["3", "2"]);
    expect(new Set(found.map(label => label.line)).size).toBe(2);
  });
});

const receipt = (terminal: string, kind: Receipt["kind"], at: string, stage: string): Receipt => ({
  terminal_id: terminal,
  user: "mira",
  connection_id: "c",
  kind,
  at: `2026-11-30T${at}Z`,
  stage,
  detail: null,
  recall: null,
});

describe("dots", () => {
  const [one, two] = windowed.lanes.map(lane => lane.id);
  const base = { forecast: windowed, total: 20, by: "wave" as const, label: () => "a group", left: "left out" };
  const receipts = [
    receipt("a/pc", "read", "18:00:05.000", one ?? ""),
    receipt("b/pc", "failed", "18:00:30.000", one ?? ""),
    receipt("c/pc", "received", "18:05:01.000", two ?? ""),
  ];

  it("are foreseen in a plan", () => {
    const [first, second] = groupsOf({ ...base, actual: null, at: time("18:05:00") });
    expect([...countsOf([first as never])]).toEqual([["sent", 2]]);
    expect([...countsOf([second as never])]).toEqual([
      ["sent", 9],
      ["waiting", 9],
    ]);
  });

  it("show those whom a plan leaves out", () => {
    const groups = groupsOf({ ...base, total: 25, actual: null, at: time("18:20:00") });
    expect(groups.map(group => [group.label, group.total])).toEqual([
      ["a group", 2],
      ["a group", 18],
      ["left out", 5],
    ]);
  });

  it("replay what happened by the receipts' times", () => {
    const past = { ...base, actual: windowed, receipts };
    const [first] = groupsOf({ ...past, at: time("18:00:10") });
    expect(first?.known.map(dot => dot.state)).toEqual(["read", "sent"]);
    const [last] = groupsOf({ ...past, at: null });
    expect(last?.known.map(dot => dot.state)).toEqual(["read", "failed"]);
  });

  it("take the newest counts where nobody is named", () => {
    const counts = {
      targeted: 20,
      sent: 20,
      received: 15,
      read: 5,
      failed: 0,
      recalled: 0,
      gone: 0,
      expired: 0,
      skipped: 0,
    };
    const groups = groupsOf({ ...base, actual: windowed, counts, at: null });
    const sum = (state: "read" | "received" | "sent") => countsOf(groups).get(state);
    expect([sum("read"), sum("received"), sum("sent")]).toEqual([5, 10, 5]);
  });

  it("are one each up to a limit, and binned above it", () => {
    const group = (waiting: number) => [{ id: "g", label: "g", total: waiting, known: [], anonymous: { waiting } }];
    expect(layoutOf(group(MOST_DOTS), 900, 0)).toMatchObject({ each: 1, dots: { length: MOST_DOTS } });
    const many = layoutOf(group(200_000), 900, 0);
    expect(many.each).toBe(100);
    expect(many.dots.reduce((all, dot) => all + dot.terminals, 0)).toBe(200_000);
  });

  it("are found by place, and walked by keys", () => {
    const layout = layoutOf([{ id: "g", label: "g", total: 30, known: [], anonymous: { waiting: 30 } }], 180, 0);
    const dot = layout.dots[7];
    expect(dotAt(layout, dot?.x ?? 0, dot?.y ?? 0)).toBe(7);
    expect(dotAt(layout, 1_000, 1_000)).toBeNull();
    expect(stepped(layout, 7, "ArrowDown")).toBe(7 + layout.columns);
    expect(stepped(layout, 0, "ArrowLeft")).toBe(0);
    expect(stepped(layout, 0, "x")).toBeNull();
  });
});

describe("the flow of an audience", () => {
  it("has a step for each clause that narrows, and the parts of a choice", () => {
    const is = (text: string, came: number, out: number): Flow => ({
      text,
      clause: { all: true },
      op: "is",
      in: came,
      out,
      parts: [],
    });
    const any: Flow = { ...is("a or b", 100, 60), op: "any", parts: [is("a", 100, 40), is("b", 100, 30)] };
    const flow: Flow = { ...is("(a or b) and c", 100, 20), op: "every", parts: [any, is("c", 60, 20)] };
    expect(stepsOf(flow)).toEqual([
      {
        text: "a or b",
        in: 100,
        out: 60,
        parts: [
          { text: "a", out: 40 },
          { text: "b", out: 30 },
        ],
      },
      { text: "c", in: 60, out: 20, parts: [] },
    ]);
    expect(stepsOf({ ...is("all", 100, 100), op: "everybody" })).toEqual([]);
  });
});
