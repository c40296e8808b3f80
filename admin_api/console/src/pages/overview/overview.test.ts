// @vitest-environment jsdom

import { describe, expect, it } from "vitest";
import { comings, deliveries } from "./activity.js";
import { isRecent, losses } from "./attention.js";
import { byAttribute, byGroup } from "./breakdown.js";

const point = (more: object) => ({
  at: "2026-11-24T09:00:00.000Z",
  connections: 0,
  connects: 0,
  disconnects: 0,
  sent: 0,
  received: 0,
  read: 0,
  failed: 0,
  gone: 0,
  ...more,
});

describe("groups that lost terminals", () => {
  it("are worth a look when they lost many, and a large share", () => {
    const groups = [
      { group: "lunch", were: 200, connections: 190 },
      { group: "two", were: 3, connections: 1 },
      { group: "fire", were: 50, connections: 10 },
    ];
    expect(losses(groups).map(each => each.group)).toEqual(["fire"]);
  });
});

describe("a halted push", () => {
  it("is worth a look for a day", () => {
    const now = new Date("2026-11-24T09:00:00Z");
    expect(isRecent({ finished_at: "2026-11-23T10:00:00.000Z" }, now)).toBe(true);
    expect(isRecent({ finished_at: "2026-11-23T08:00:00.000Z" }, now)).toBe(false);
  });
});

describe("parts of who is connected", () => {
  it("are the largest first, each with the target that means just them", () => {
    expect(byGroup({ by_group: { it: 2, ops: 5 } }).map(part => [part.label, part.target])).toEqual([
      ["ops", { groups: ["ops"] }],
      ["it", { groups: ["it"] }],
    ]);
  });

  it("keep the kind of an attribute's value", () => {
    const audience = { by_attribute: { floor: [{ value: 3, connections: 4 }] } };
    expect(byAttribute(audience, "floor")[0]?.target).toEqual({ attr: "floor", op: "eq", value: 3 });
  });
});

describe("charts", () => {
  it("draw who went below the middle", () => {
    const { series } = comings([point({ connects: 3, disconnects: 2 })], {});
    expect((series as { data: number[] }[]).map(each => each.data)).toEqual([[3], [-2]]);
  });

  it("show failures only where there are any", () => {
    const names = (points: object[]) =>
      (deliveries(points.map(point), {}).series as { name: string }[]).map(each => each.name);
    expect(names([{ sent: 1 }])).toEqual(["sent", "received", "read"]);
    expect(names([{ failed: 1 }])).toEqual(["sent", "received", "read", "failed"]);
  });
});
