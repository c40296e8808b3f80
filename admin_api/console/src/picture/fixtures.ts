import type { Picture } from "../api/schema.js";

/** Two waves, one time zone after the other: a wait of hours, then seconds of sending. As the service foresees it. */
export const WINDOWED: Picture = {
  from: "2026-11-30T04:00:00.000Z",
  to: "2026-11-30T18:20:00.000Z",
  lanes: [
    {
      id: "w1/2026-11-30T18:00Z",
      wave: 1,
      timezone: "America/Chicago",
      terminals: 2,
      spans: [
        { kind: "window", from: "2026-11-30T04:00:00.000Z", to: "2026-11-30T18:00:00.000Z" },
        {
          kind: "send",
          from: "2026-11-30T18:00:00.000Z",
          to: "2026-11-30T18:00:10.000Z",
          terminals: 2,
          per_second: 0.2,
        },
        { kind: "pause", from: "2026-11-30T18:00:10.000Z", to: "2026-11-30T18:05:00.000Z" },
      ],
    },
    {
      id: "w2/2026-11-30T18:00Z",
      wave: 2,
      timezone: "America/Chicago",
      terminals: 18,
      spans: [
        {
          kind: "send",
          from: "2026-11-30T18:05:00.000Z",
          to: "2026-11-30T18:07:00.000Z",
          terminals: 18,
          per_second: 0.15,
        },
      ],
    },
  ],
  reach: [
    ["2026-11-30T04:00:00.000Z", 0],
    ["2026-11-30T18:00:00.000Z", 2],
    ["2026-11-30T18:05:00.000Z", 11],
    ["2026-11-30T18:06:00.000Z", 20],
  ],
  marks: [
    { at: "2026-11-30T04:00:00.000Z", kind: "start", lane: null },
    { at: "2026-11-30T18:00:00.000Z", kind: "window_opens", lane: "w1/2026-11-30T18:00Z" },
    { at: "2026-11-30T19:00:00.000Z", kind: "ack_due", lane: "w9/nobody" },
    { at: "2026-11-30T18:20:00.000Z", kind: "done", lane: null },
  ],
};

/** The same audience at once. */
export const AT_ONCE: Picture = {
  from: "2026-11-30T04:00:00.000Z",
  to: "2026-11-30T04:00:20.000Z",
  lanes: [
    {
      id: "w1",
      wave: 1,
      timezone: null,
      terminals: 20,
      spans: [{ kind: "send", from: "2026-11-30T04:00:00.000Z", to: "2026-11-30T04:00:00.000Z", terminals: 20 }],
    },
  ],
  reach: [["2026-11-30T04:00:00.000Z", 20]],
  marks: [{ at: "2026-11-30T04:00:20.000Z", kind: "done", lane: null }],
};
