import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { renderPage } from "../testing.js";
import { AT_ONCE, WINDOWED } from "./fixtures.js";
import { PushPicture } from "./PushPicture.js";

const AUDIENCE = {
  connections: 20,
  terminals: 20,
  users: 19,
  away: 3,
  by_group: {},
  by_attribute: {},
  by_timezone: {},
  exact: true,
  flow: null,
};

describe("the picture of a push", () => {
  it("says how a plan stands at the moment of its handle, which keys move", async () => {
    const plan = { forecast: WINDOWED, actual: null, now: new Date(WINDOWED.from) };
    await renderPage(
      <PushPicture audience={AUDIENCE} connected={50} {...plan} compare={{ name: "now", picture: AT_ONCE }} />,
    );
    const handle = screen.getByRole("slider", { name: "Moment" });
    expect(handle.getAttribute("aria-valuetext")).toContain("20 reached, 0 wait");
    handle.focus();
    await userEvent.keyboard("{Home}");
    expect(handle.getAttribute("aria-valuetext")).toContain("0 reached, 20 wait");
    expect(screen.getByText("30 leave")).toBeTruthy();
    expect(screen.getByText("3 away")).toBeTruthy();
    expect(
      within(screen.getByRole("list", { name: "Counts by group" }))
        .getAllByRole("listitem")
        .map(item => item.textContent),
    ).toEqual(["wave 1: 2 Waiting", "wave 2: 18 Waiting"]);
    await userEvent.click(screen.getByRole("button", { name: "Reset" }));
    expect(handle.getAttribute("aria-valuetext")).toContain("20 reached");
  });

  it("shows whom a push was for when it was planned", async () => {
    const clause = { groups: ["ops"] };
    const flow = { text: "group:ops", clause, op: "is" as const, in: 50, out: 20, parts: [] };
    await renderPage(<PushPicture audience={{ ...AUDIENCE, flow }} forecast={WINDOWED} actual={WINDOWED} now={null} />);
    const meant = within(screen.getByRole("region", { name: "Who is meant" }));
    expect(meant.getByText("50 were connected")).toBeTruthy();
    expect(meant.getByRole("listitem", { name: "group:ops: 20 of 50 stay" })).toBeTruthy();
  });

  it("says of a push that is over who got it later, as its counts do", async () => {
    const counts = {
      targeted: 27,
      sent: 27,
      received: 27,
      read: 27,
      failed: 0,
      recalled: 0,
      gone: 0,
      expired: 0,
      skipped: 0,
    };
    await renderPage(<PushPicture forecast={WINDOWED} actual={WINDOWED} now={null} counts={counts} />);
    const handle = screen.getByRole("slider", { name: "Moment" });
    expect(handle.getAttribute("aria-valuetext")).toContain("20 reached, 7 more when they came back, 0 wait");
    handle.focus();
    await userEvent.keyboard("{PageDown}");
    expect(handle.getAttribute("aria-valuetext")).toContain("20 reached, 7 wait");
  });

  it("opens the terminal that one has gone to by keys", async () => {
    const open = vi.fn();
    const receipt = {
      terminal_id: "a/pc",
      user: "mira",
      connection_id: "c",
      kind: "read" as const,
      detail: null,
      recall: null,
    };
    await renderPage(
      <PushPicture
        forecast={WINDOWED}
        actual={WINDOWED}
        now={null}
        receipts={[{ ...receipt, at: "2026-11-30T18:00:05.000Z", stage: "w1/2026-11-30T18:00Z" }]}
        onOpen={open}
      />,
    );
    screen.getByRole("listbox").focus();
    expect(await screen.findByRole("option", { name: "wave 1. a/pc of mira: Read" })).toBeTruthy();
    await userEvent.keyboard("{Enter}");
    expect(open).toHaveBeenCalledWith("a/pc");
  });
});
