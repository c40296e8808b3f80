import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { problem, renderPage } from "../../testing.js";
import { at, lane, NO_COUNTS, picture, pushOf, span, TO_READ } from "./examples.js";
import { Component as Pushes } from "./Pushes.js";

const moving = pushOf({ id: "p1", counts: { ...NO_COUNTS, targeted: 40, sent: 40 } });
const over = pushOf({
  id: "p0",
  state: "completed",
  sender: "bob",
  finished_at: at("10:05"),
  message: { config: 12 },
  counts: { ...NO_COUNTS, targeted: 3, sent: 3 },
});
const timeline = {
  forecast: picture("10:01", [lane("w1", 80, span("send", "10:00", "10:01", 80))]),
  actual: picture("10:00", [lane("w1", 40, span("send", "10:00", "10:00", 40))]),
};
const ANSWERS = {
  "GET /v1/pushes": { items: [moving, over], next_cursor: null },
  "GET /v1/pushes/p1": moving,
  "GET /v1/pushes/p0": over,
  "GET /v1/pushes/p1/timeline": timeline,
  "GET /v1/pushes/p0/timeline": timeline,
};

describe("the list of pushes", () => {
  it("says of each what it is, where it is and what came of it", async () => {
    await renderPage(<Pushes />, { answers: ANSWERS });
    const link = await screen.findByRole("link", { name: "Door 4 stays locked" });
    expect(link.getAttribute("href")).toBe("/pushes/p1");
    const [, first, second] = screen.getAllByRole("row");
    await within(first as HTMLElement).findByText(/^Being sent, 50% of 80 terminals/);
    expect(within(first as HTMLElement).getByRole("img", { name: "Sent 40, Waiting 40" })).toBeTruthy();
    await within(second as HTMLElement).findByText(/^Completed at .*: sent to 3 of 3 terminals/);
    expect(within(second as HTMLElement).getByRole("link", { name: "group:ops" })).toBeTruthy();
  });

  it("does without the timeline of a push that has to be read until it comes", async () => {
    const mustRead = pushOf({ id: "p1", state: "waiting", strategy: { ...moving.strategy, ack: TO_READ } });
    const never = () => new Promise<never>(() => undefined);
    await renderPage(<Pushes />, {
      answers: {
        "GET /v1/pushes": { items: [mustRead], next_cursor: null },
        "GET /v1/pushes/p1": mustRead,
        "GET /v1/pushes/p1/timeline": never,
      },
    });
    expect(await screen.findByRole("link", { name: "Door 4 stays locked" })).toBeTruthy();
    expect(await screen.findByRole("img")).toBeTruthy();
    expect(screen.queryByText(/done about/)).toBeNull();
  });

  it("asks for what the address filters", async () => {
    const { requests } = await renderPage(<Pushes />, {
      answers: ANSWERS,
      at: "/?state=sending&state=halted&sender=alice",
    });
    await screen.findByRole("link", { name: "Door 4 stays locked" });
    expect(requests[0]?.url).toContain("?limit=30&state=sending&state=halted&sender=alice");
  });

  it("keeps a sender that was typed in the address", async () => {
    const { router } = await renderPage(<Pushes />, { answers: ANSWERS });
    await userEvent.type(screen.getByRole("textbox", { name: "Sender" }), "bob{Enter}");
    await waitFor(() => expect(router.state.location.search).toBe("?sender=bob"));
  });

  it("goes on with older ones", async () => {
    const answers = {
      ...ANSWERS,
      "GET /v1/pushes?limit=30": { items: [moving], next_cursor: "c" },
      "GET /v1/pushes?limit=30&cursor=c": { items: [over], next_cursor: null },
    };
    await renderPage(<Pushes />, { answers });
    await userEvent.click(await screen.findByRole("button", { name: "Older pushes" }));
    expect(await screen.findByRole("link", { name: "group:ops" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Older pushes" })).toBeNull();
  });

  it("says what to do where there is none", async () => {
    const answers = { "GET /v1/pushes": { items: [], next_cursor: null } };
    const { unmount } = await renderPage(<Pushes />, { answers });
    expect(await screen.findByText("No push was sent yet")).toBeTruthy();
    unmount();
    await renderPage(<Pushes />, { answers, at: "/?state=halted" });
    await userEvent.click(await screen.findByRole("button", { name: "Show all pushes" }));
    expect(await screen.findByText("No push was sent yet")).toBeTruthy();
  });

  it("says why it cannot be shown, and who may see it", async () => {
    const { unmount } = await renderPage(<Pushes />, {
      answers: { "GET /v1/pushes": problem(503, "storage_unavailable", "later") },
    });
    expect((await screen.findByRole("alert")).textContent).toContain("later");
    unmount();
    await renderPage(<Pushes />, { scopes: ["push:send"] });
    expect(screen.getByText(/needs the scope push:read/)).toBeTruthy();
  });
});
