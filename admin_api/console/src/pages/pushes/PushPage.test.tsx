import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PushDetail } from "../../api/schema.js";
import { type Answers, problem, renderPage } from "../../testing.js";
import { at, lane, mustRead, NO_COUNTS, picture, pushOf, span, strategyOf, TO_READ } from "./examples.js";
import { Component as PushPage } from "./PushPage.js";

vi.mock("../../charts/Chart.js", () => ({ Chart: ({ label }: { label: string }) => <div>{label}</div> }));

const counts = { ...NO_COUNTS, targeted: 63, sent: 63, received: 60, read: 42, failed: 1 };
const reading = pushOf({ id: "p1", state: "sent", sender: "alice", strategy: strategyOf({ ack: TO_READ }), counts });
const timelines = mustRead("10:05", span("send", "10:00", "10:00", 63), span("ack_wait", "10:00", "10:05"));
const receipt = {
  terminal_id: "dana/pc",
  user: "dana",
  connection_id: "c=",
  kind: "received",
  at: at("10:00"),
  detail: null,
  stage: "w1",
  recall: null,
};

const answersOf = (push: PushDetail, more: Answers = {}): Answers => ({
  "GET /v1/pushes/p1": push,
  "GET /v1/pushes/p1/timeline": timelines,
  "GET /v1/pushes/p1/receipts": { items: [receipt], next_cursor: null },
  "GET /v1/pushes": { items: [], next_cursor: null },
  ...more,
});
const show = (push: PushDetail, more: Answers = {}, options: object = {}) =>
  renderPage(<PushPage />, { answers: answersOf(push, more), at: "/pushes/p1", path: "/pushes/:pushId", ...options });

describe("a push's page", () => {
  beforeEach(() => sessionStorage.clear());

  it("says where it is in one sentence, and what became of it", async () => {
    await show(reading);
    expect(await screen.findByText(/^All is sent: 42 of 63 terminals have read it, 67%/)).toBeTruthy();
    const funnel = screen.getByRole("region", { name: "What became of it" });
    expect(funnel.textContent).toContain("Received6095%");
    expect(within(funnel).getByRole("list", { name: "Not on the way any more" }).textContent).toContain("Failed1");
  });

  it("lists who has not read it, and explains one of them beside it", async () => {
    const explain = { push_id: "p1", terminal_id: "dana/pc", user: "dana", answer: "received", steps: [], others: [] };
    const { requests, router } = await show(reading, { "GET /v1/pushes/p1/explain": explain });
    await userEvent.click(await screen.findByText("dana/pc"));
    expect(await screen.findByText("It has it")).toBeTruthy();
    expect(router.state.location.search).toBe("?terminal=dana%2Fpc");
    expect(requests.some(request => request.url.includes("receipts?limit=100&kind=sent&kind=received"))).toBe(true);
  });

  it("explains whom one asks for", async () => {
    const { router } = await show(reading);
    await userEvent.type(await screen.findByRole("textbox", { name: "Name" }), "bob{Enter}");
    expect(router.state.location.search).toBe("?user=bob");
  });

  it("cancels with a reason, and says from how many screens", async () => {
    const cancelled: unknown[] = [];
    const { requests } = await show(reading, {
      "POST /v1/pushes/p1/cancel": async request => {
        cancelled.push(await request.json());
        return reading;
      },
    });
    await userEvent.click(await screen.findByRole("button", { name: "Cancel and recall" }));
    await userEvent.type(await screen.findByRole("textbox", { name: "Reason" }), "wrong text");
    await userEvent.click(screen.getByRole("button", { name: "Cancel and recall from 63 screens" }));
    await waitFor(() => expect(cancelled).toEqual([{ reason: "wrong text" }]));
    expect(requests.filter(request => request.method === "POST")).toHaveLength(1);
  });

  it("is approved by another person, and not by its sender", async () => {
    const waiting = pushOf({ id: "p1", state: "awaiting_approval", sender: "alice", approve_by: at("12:00") });
    const refused = { "POST /v1/pushes/p1/approve": problem(403, "approval_by_sender", "another person must approve") };
    const { unmount } = await show(waiting, refused);
    await userEvent.click(await screen.findByRole("button", { name: "Approve" }));
    await userEvent.click(await screen.findByRole("button", { name: "Approve for 63 terminals" }));
    expect(await screen.findByText("another person must approve")).toBeTruthy();
    unmount();
    await show(waiting, {}, { user: "alice" });
    expect(await screen.findByText(/you cannot approve or reject it yourself/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  });

  it("offers what the token allows, and no more", async () => {
    await show(reading, {}, { scopes: ["push:read"] });
    await screen.findByText(/^All is sent/);
    expect(screen.queryByRole("button", { name: "Cancel and recall" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Duplicate" })).toBeNull();
  });

  it("fills a new push in like it", async () => {
    const strategy = { name: "now", version: 1, strategy: strategyOf({}), by: null, at: null, builtin: true };
    const { router } = await show(reading, { "GET /v1/strategies/now": strategy });
    await userEvent.click(await screen.findByRole("button", { name: "Duplicate" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/compose"));
    const { draft } = JSON.parse(sessionStorage.getItem("fanfare.draft.ops") ?? "{}");
    expect(draft).toMatchObject({
      target: "group:ops",
      message: { as: "form", title: "Door 4 stays locked" },
      strategy: { name: "now", changes: { ack: TO_READ } },
    });
  });

  it("shows parts that were given up", async () => {
    const job = { topic: "group:ops", kind: "deliver" as const, reason: "failed", at: at("10:01") };
    await show({ ...reading, dead_jobs: [job] });
    expect((await screen.findByText("1 part of it was given up")).closest("[role=alert]")?.textContent).toContain(
      "Delivery to group:ops",
    );
  });

  it("lists the runs of one that repeats", async () => {
    const repeat = { cron: "0 9 * * *", timezone: "UTC" };
    const run = pushOf({ id: "p2", parent: "p1", state: "completed", created_at: at("11:00") });
    await show(pushOf({ id: "p1", state: "scheduled", repeat, next_runs: [at("12:00")] }), {
      "GET /v1/pushes/p1/children": { items: [run], next_cursor: null },
    });
    const runs = await screen.findByRole("region", { name: "Its runs" });
    await waitFor(() =>
      expect(
        within(runs)
          .getAllByRole("link")
          .map(link => link.getAttribute("href")),
      ).toEqual(["/pushes/p2"]),
    );
  });

  it("says that there is none such", async () => {
    await renderPage(<PushPage />, {
      answers: { "GET /v1/pushes/p1": problem(404, "push_not_found", "no") },
      at: "/pushes/p1",
      path: "/pushes/:pushId",
    });
    expect(await screen.findByText("There is no such push")).toBeTruthy();
  });

  it("says how fast it went where that took time", async () => {
    const actual = picture("10:10", [lane("w1", 63, span("send", "10:00", "10:10", 63))], {
      reach: [
        ["10:00", 20],
        ["10:10", 63],
      ],
    });
    await show(reading, { "GET /v1/pushes/p1/timeline": { ...timelines, actual } });
    expect((await screen.findAllByText(/^Terminals reached every 15 s/)).length).toBeGreaterThan(0);
  });
});
