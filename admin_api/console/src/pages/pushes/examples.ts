import type { Counts, Lane, Mark, Picture, PushDetail, Span, Timelines } from "../../api/schema.js";

/** Of 24 November 2026, by the clock of wherever this runs: `"10:42"` or `"10:42:05"`. */
export function at(clock: string): string {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(":").map(Number);
  return new Date(2026, 10, 24, hours, minutes, seconds).toISOString();
}

export const NO_COUNTS: Counts = {
  targeted: 0,
  sent: 0,
  received: 0,
  read: 0,
  failed: 0,
  recalled: 0,
  gone: 0,
  expired: 0,
  skipped: 0,
};

/** A push that is being sent to everybody, but for what is said. */
export function pushOf(own: Partial<PushDetail>): PushDetail {
  return {
    id: "019ab9c1-4f5a-7c3e-8a51-0c3f2d9e7b10",
    state: "sending",
    sender: "alice",
    target: { groups: ["ops"] },
    strategy: {},
    created_at: at("10:00"),
    expires_at: null,
    finished_at: null,
    ended_by: null,
    send_at: null,
    repeat: null,
    next_runs: [],
    approve_by: null,
    parent: null,
    test: false,
    message: { title: "Door 4 stays locked" },
    audience: null,
    counts: NO_COUNTS,
    dead_jobs: [],
    ...own,
  } as PushDetail;
}

export function span(kind: Span["kind"], from: string, to: string, terminals: number | null = null): Span {
  return { kind, from: at(from), to: at(to), terminals, per_second: null };
}

export function lane(id: string, terminals: number, ...spans: Span[]): Lane {
  const [wave = "w1", timezone = null] = id.split(/\/(.*)/);
  return { id, wave: Number(wave.slice(1)), timezone, terminals, spans };
}

export function mark(kind: Mark["kind"], clock: string, detail: string | null = null): Mark {
  return { kind, at: at(clock), lane: null, detail };
}

/** A picture from 10:00 on. */
export function picture(to: string, lanes: Lane[], more: { reach?: [string, number][]; marks?: Mark[] } = {}): Picture {
  const reach = (more.reach ?? []).map(([clock, count]): [string, number] => [at(clock), count]);
  return { from: at("10:00"), to: at(to), lanes, reach, marks: more.marks ?? [] };
}

/** 5 % and then all, ten minutes apart; as it is at some moment. */
export function stagedTimelines(to: string, ...actual: Lane[]): Timelines {
  return {
    forecast: picture(
      "10:10",
      [
        lane("w1", 20, span("send", "10:00", "10:00", 20), span("pause", "10:00", "10:10")),
        lane("w2", 380, span("send", "10:10", "10:40", 380)),
      ],
      {
        reach: [
          ["10:00", 20],
          ["10:40", 400],
        ],
        marks: [mark("start", "10:00"), mark("done", "10:40")],
      },
    ),
    actual: picture(to, actual, {
      reach: [
        ["10:00", 0],
        ["10:00", 18],
      ],
      marks: [mark("start", "10:00")],
    }),
  };
}

/** What is to be read within a quarter of an hour, sent again once, then escalated. */
export function mustRead(to: string, ...actual: Span[]): Timelines {
  return {
    forecast: picture(
      "10:30",
      [
        lane(
          "w1",
          63,
          span("send", "10:00", "10:00", 63),
          span("ack_wait", "10:00", "10:15"),
          span("resend", "10:15", "10:15", 63),
          span("ack_wait", "10:15", "10:30"),
          span("escalate", "10:30", "10:30"),
        ),
      ],
      { reach: [["10:00", 63]], marks: [mark("done", "10:30")] },
    ),
    actual: picture(to, [lane("w1", 63, ...actual)], {
      reach: [
        ["10:00", 0],
        ["10:00", 63],
      ],
    }),
  };
}

export const TO_READ = { need: "read" as const, within: "15m", resend: 1, once_per_user: false, escalate: null };

/** A strategy as the service answers with it, but for what is said. */
export function strategyOf(own: Partial<PushDetail["strategy"]>): PushDetail["strategy"] {
  return { retain: "1d", receipts: "none", priority: "normal", replay: "missed", ...own };
}
