import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { problem, renderPage } from "../../testing.js";
import { Component as Overview } from "./Overview.js";

const PUSH = {
  id: "p1",
  state: "awaiting_approval",
  sender: "printer",
  target: { groups: ["ops"] },
  strategy: { name: "now" },
  created_at: "2026-11-24T09:00:00.000Z",
  expires_at: null,
  finished_at: null,
  ended_by: null,
  send_at: null,
  repeat: null,
  next_runs: [],
  approve_by: null,
  parent: null,
  test: false,
};
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
      },
    });
    expect(await screen.findByText("A push of printer awaits approval")).toBeTruthy();
    expect(await screen.findByText("kiosks lost 38 terminals")).toBeTruthy();
    expect(screen.queryByText("Nothing needs a look.")).toBeNull();
  });

  it("never says that all is well where it could not look", async () => {
    const answers = { ...QUIET, "GET /v1/stats/groups": problem(503, "storage_unavailable", "busy") };
    await renderPage(<Overview />, { answers });
    expect(await screen.findByText("busy", undefined, { timeout: 8_000 })).toBeTruthy();
    expect(screen.queryByText("Nothing needs a look.")).toBeNull();
  });

  it("shows pushes only to who may read them", async () => {
    await renderPage(<Overview />, { answers: QUIET, scopes: ["terminals:read"] });
    await screen.findByText("1,234");
    expect(screen.queryByText("Pushes in flight")).toBeNull();
  });
});
