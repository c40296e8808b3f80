import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { problem, renderPage } from "../../testing.js";
import { at, lane, mark, NO_COUNTS, picture, pushOf, span } from "../pushes/examples.js";
import { Component as Overview } from "./Overview.js";

// jsdom has no canvas to draw charts on.
vi.mock("../../charts/Chart.js", () => ({ Chart: ({ label }: { label: string }) => <div>{label}</div> }));

const PUSH = pushOf({ id: "p1", state: "awaiting_approval", sender: "printer", approve_by: at("23:00") });
const STUCK = pushOf({
  id: "p3",
  dead_jobs: [{ topic: "group:ops", kind: "deliver", reason: "failed", at: at("10:01") }],
});
const PICTURE = { from: "2026-11-24T09:00:00.000Z", to: "2026-11-24T09:00:00.000Z", lanes: [], reach: [], marks: [] };
const AUDIENCE = {
  connections: 8,
  terminals: 8,
  users: 7,
  away: 0,
  by_group: { ops: 5 },
  by_attribute: { os: [{ value: "windows", connections: 6 }] },
  by_timezone: {},
  exact: true,
  flow: null,
};
const QUIET = {
  "GET /v1/stats": {
    presence: { connections: 1234, terminals: 8, users: 7, groups: 2 },
    pushes_in_flight: {},
    started_at: "2026-11-24T09:00:00.000Z",
    uptime_s: 1,
  },
  "GET /v1/stats/activity": { from: PICTURE.from, to: PICTURE.to, step_s: 60, points: [] },
  "GET /v1/stats/groups": { since: PICTURE.from, items: [] },
  "GET /v1/pushes": { items: [], next_cursor: null },
  "GET /v1/terminals/summary": { audience: AUDIENCE },
};

describe("the overview", () => {
  it("says how many are connected, and that all is well", async () => {
    await renderPage(<Overview />, { answers: QUIET });
    expect(await screen.findByText("1,234")).toBeTruthy();
    expect(await screen.findByText("Nothing needs a look.")).toBeTruthy();
    expect(screen.getByText("No push is under way")).toBeTruthy();
    expect((await screen.findByRole("link", { name: "windows" })).getAttribute("href")).toBe(
      "/terminals?target=os+%3D+windows",
    );
  });

  it("shows what waits for a person, and where many went", async () => {
    await renderPage(<Overview />, {
      answers: {
        ...QUIET,
        "GET /v1/pushes?state=awaiting_approval&limit=5": { items: [PUSH], next_cursor: null },
        "GET /v1/stats/groups": { since: PICTURE.from, items: [{ group: "kiosks", connections: 2, were: 40 }] },
        "GET /v1/pushes?state=sending&state=sent&limit=20": { items: [STUCK], next_cursor: null },
        "GET /v1/pushes/p3": STUCK,
      },
    });
    expect(await screen.findByText("A push of printer awaits approval")).toBeTruthy();
    expect(await screen.findByText("kiosks lost 38 terminals")).toBeTruthy();
    expect(await screen.findByText("1 part of a push was given up")).toBeTruthy();
    expect(screen.queryByText("Nothing needs a look.")).toBeNull();
  });

  it("says of pushes in flight what each is and how far, and when only of what goes on", async () => {
    const moving = pushOf({ id: "p2", counts: { ...NO_COUNTS, targeted: 40, sent: 40 } });
    const timelines = {
      forecast: picture("10:01", [lane("w1", 80, span("send", "10:00", "10:01", 80))], {
        reach: [["10:01", 80]],
        marks: [mark("done", "10:01")],
      }),
      actual: picture("10:00", [lane("w1", 40, span("send", "10:00", "10:00", 40))]),
    };
    const OPEN = ["awaiting_approval", "scheduled", "waiting", "sending", "sent"]
      .map(state => `state=${state}`)
      .join("&");
    await renderPage(<Overview />, {
      answers: {
        ...QUIET,
        [`GET /v1/pushes?${OPEN}&limit=8`]: { items: [PUSH, moving], next_cursor: null },
        "GET /v1/pushes/p1": PUSH,
        "GET /v1/pushes/p2": moving,
        "GET /v1/pushes/p1/timeline": timelines,
        "GET /v1/pushes/p2/timeline": timelines,
      },
    });
    const open = within(await screen.findByRole("region", { name: "Pushes in flight" }));
    const [awaiting, sending] = await open.findAllByRole("listitem");
    await waitFor(() => expect(sending?.textContent).toContain("Door 4 stays locked group:ops"));
    await waitFor(() => expect(awaiting?.textContent).toMatch(/Waits for a second person until .*; 80 terminals/));
    expect(awaiting?.textContent).not.toContain("done about");
    await waitFor(() => expect(sending?.textContent).toContain("Being sent, 50% of 80 terminals"));
  });

  it("never says that all is well where it could not look", async () => {
    const answers = { ...QUIET, "GET /v1/stats/groups": problem(503, "storage_unavailable", "busy") };
    await renderPage(<Overview />, { answers });
    expect(await screen.findByText("busy")).toBeTruthy();
    expect(screen.queryByText("Nothing needs a look.")).toBeNull();
  });

  it("shows pushes only to who may read them", async () => {
    await renderPage(<Overview />, { answers: QUIET, scopes: ["terminals:read"] });
    await screen.findByText("1,234");
    expect(screen.queryByText("Pushes in flight")).toBeNull();
  });
});
