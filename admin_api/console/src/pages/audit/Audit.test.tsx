import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { problem, renderPage } from "../../testing.js";
import { Component as Audit } from "./Audit.js";

const entry = (id: string, action: string, subject: string) => ({
  id,
  at: "2026-11-24T09:02:11.310Z",
  actor: "alice",
  action,
  subject,
  detail: { reason: "wrong text" },
});

describe("the audit page", () => {
  it("says who did what, and leads to the push", async () => {
    await renderPage(<Audit />, {
      answers: { "GET /v1/audit": { items: [entry("1", "push.cancel", "p1")], next_cursor: null } },
    });
    expect(await screen.findByText("Cancelled a push")).toBeTruthy();
    expect(screen.getByRole("link", { name: "p1" }).getAttribute("href")).toBe("/pushes/p1");
    expect(screen.getByText("wrong text")).toBeTruthy();
  });

  it("asks for what the filter says and keeps it in the address", async () => {
    const { requests, router } = await renderPage(<Audit />, {
      answers: { "GET /v1/audit": { items: [], next_cursor: null } },
    });
    await userEvent.type(screen.getByLabelText("Who"), "alice");
    await userEvent.selectOptions(screen.getByLabelText("What"), "user.block");
    await userEvent.click(screen.getByRole("button", { name: "Filter" }));
    await waitFor(() => expect(new URL(requests.at(-1)?.url ?? "").search).toBe("?actor=alice&action=user.block"));
    expect(router.state.location.search).toBe("?actor=alice&action=user.block");
  });

  it("exports every page as one file", async () => {
    const saved: Blob[] = [];
    URL.createObjectURL = blob => {
      saved.push(blob as Blob);
      return "blob:";
    };
    URL.revokeObjectURL = () => undefined;
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
    await renderPage(<Audit />, {
      answers: {
        "GET /v1/audit": { items: [entry("2", "user.block", "bob")], next_cursor: null },
        "GET /v1/audit?limit=500": { items: [entry("2", "user.block", "bob")], next_cursor: "c" },
        "GET /v1/audit?limit=500&cursor=c": { items: [entry("1", "push.cancel", "p1")], next_cursor: null },
      },
    });
    await userEvent.click(screen.getByRole("button", { name: "Export CSV" }));
    await waitFor(() => expect(saved).toHaveLength(1));
    const text = (await saved[0]?.text()) ?? "";
    expect(text.trimEnd().split("\r\n")).toHaveLength(3);
    expect(text).toContain("push.cancel");
  });

  it("says why it cannot", async () => {
    await renderPage(<Audit />, { answers: { "GET /v1/audit": problem(503, "storage_unavailable", "try again") } });
    expect(await screen.findByText("try again")).toBeTruthy();
  });

  it("is only for who may read it", async () => {
    await renderPage(<Audit />, { scopes: ["push:read"] });
    expect(screen.getByText(/audit:read/)).toBeTruthy();
  });
});
