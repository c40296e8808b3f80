import type { Preview } from "../../api/schema.js";

/** A preview as the service answers it, for tests: two waves, ten minutes apart. */
export const PREVIEW: Preview = {
  plan: { id: "019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10", expires_at: "2999-01-01T00:00:00.000Z" },
  audience: {
    connections: 387,
    terminals: 387,
    users: 351,
    away: 63,
    by_group: { ops: 387, oncall: 12 },
    by_attribute: { os: [{ value: "windows", connections: 387 }] },
    by_timezone: {},
    exact: true,
    flow: null,
  },
  sample: [
    {
      connection_id: "R0oXAdfD0kwCH6w=",
      terminal_id: "alice/till-4",
      user: "alice",
      groups: ["ops", "oncall"],
      attributes: { os: "windows" },
      connected_at: "2026-11-24T08:12:40.118Z",
      expires_at: "2026-11-24T16:12:00.000Z",
      last_heard_at: "2026-11-24T08:58:41.007Z",
      presence: "verified",
    },
  ],
  topics: ["group:ops"],
  frame_bytes: 231,
  timeline: {
    from: "2026-11-24T09:00:00.000Z",
    to: "2026-11-24T09:10:30.000Z",
    lanes: [
      {
        id: "w1",
        wave: 1,
        timezone: null,
        terminals: 20,
        spans: [
          { kind: "send", from: "2026-11-24T09:00:00.000Z", to: "2026-11-24T09:00:02.000Z", terminals: 20 },
          { kind: "pause", from: "2026-11-24T09:00:02.000Z", to: "2026-11-24T09:10:02.000Z" },
        ],
      },
      {
        id: "w2",
        wave: 2,
        timezone: null,
        terminals: 367,
        spans: [{ kind: "send", from: "2026-11-24T09:10:02.000Z", to: "2026-11-24T09:10:20.000Z", terminals: 367 }],
      },
    ],
    reach: [
      ["2026-11-24T09:00:00.000Z", 0],
      ["2026-11-24T09:00:02.000Z", 20],
      ["2026-11-24T09:10:20.000Z", 387],
      ["2026-11-24T09:10:25.000Z", 387],
    ],
    marks: [
      { at: "2026-11-24T09:00:00.000Z", kind: "start", lane: null },
      { at: "2026-11-24T09:10:25.000Z", kind: "done", lane: null },
    ],
  },
  next_runs: [],
  cost: { usd: 0.000451, most_usd: 0.000632, assumes: ["AWS's list prices for us-east-1"] },
  warnings: [],
};
