import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { describe, expect, it, vi } from "vitest";
import { renderPage } from "../testing.js";
import { MessageCard } from "./MessageCard.js";

const DOOR = { title: "Door 4 stays locked", body: "Use door 2.", level: "critical", url: "https://intranet.example" };

describe("a message card", () => {
  it("is a toast that says its level in a word", async () => {
    await renderPage(<MessageCard message={DOOR} />);
    const card = screen.getByRole("article", { name: "Door 4 stays locked" });
    expect(card.dataset["form"]).toBe("toast");
    expect(screen.getByText("Critical")).toBeTruthy();
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("opens its link elsewhere, without a way back", async () => {
    await renderPage(<MessageCard message={DOOR} />);
    const link = screen.getByRole("link", { name: "intranet.example" });
    expect(link.getAttribute("rel")).toContain("noopener");
    expect(link.getAttribute("target")).toBe("_blank");
  });

  it("has no link where the address would run something", async () => {
    await renderPage(<MessageCard message={{ ...DOOR, url: "javascript:alert(1)" }} />);
    expect(screen.queryByRole("link")).toBeNull();
  });

  it("is a dialog to confirm where a person has to read it", async () => {
    const confirm = vi.fn();
    await renderPage(<MessageCard message={DOOR} ack="read" onConfirm={confirm} />);
    expect(screen.getByRole("article").dataset["form"]).toBe("dialog");
    await userEvent.click(screen.getByRole("button", { name: "I have read this" }));
    expect(confirm).toHaveBeenCalledOnce();
  });

  it("says so once it is confirmed", async () => {
    await renderPage(<MessageCard message={DOOR} ack="read" confirmed />);
    expect(screen.getByText("Confirmed")).toBeTruthy();
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("shows what is no message for people as JSON", async () => {
    await renderPage(<MessageCard message={{ config: 12 }} />);
    expect(screen.getByRole("article", { name: "Data for programs" }).textContent).toContain('"config": 12');
  });

  it("shows markup as text", async () => {
    await renderPage(<MessageCard message={{ title: "<img src=x onerror=alert(1)>" }} />);
    expect(screen.getByText("<img src=x onerror=alert(1)>")).toBeTruthy();
    expect(document.querySelector("img")).toBeNull();
  });

  it.each(["received", "read"] as const)("has no fault that axe finds, asking for %s", async ack => {
    const { container } = await renderPage(<MessageCard message={DOOR} ack={ack} sentAt="2026-11-24T09:00:00.000Z" />);
    const rules = { "color-contrast": { enabled: false }, region: { enabled: false } };
    expect((await axe.run(container, { rules })).violations.map(each => each.id)).toEqual([]);
  });
});
