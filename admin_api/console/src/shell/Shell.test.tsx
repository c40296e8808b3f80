import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { renderPage } from "../testing.js";
import { Shell } from "./Shell.js";

describe("the shell", () => {
  it("shows only pages that the token allows", async () => {
    await renderPage(<Shell />, { scopes: ["terminals:read"] });
    expect(screen.getByRole("link", { name: "Terminals" })).toBeTruthy();
    expect(screen.queryByRole("link", { name: "New push" })).toBeNull();
  });

  it("goes to a page by g and its letter", async () => {
    const { router } = await renderPage(<Shell />);
    await userEvent.keyboard("gs");
    expect(router.state.location.pathname).toBe("/strategies");
  });

  it("begins a push by n, but not for who may not send", async () => {
    const { router, unmount } = await renderPage(<Shell />);
    await userEvent.keyboard("n");
    expect(router.state.location.pathname).toBe("/compose");
    unmount();
    const other = await renderPage(<Shell />, { scopes: ["push:read"] });
    await userEvent.keyboard("n");
    expect(other.router.state.location.pathname).toBe("/");
  });

  it("lists its keys by ?", async () => {
    await renderPage(<Shell />);
    await userEvent.keyboard("?");
    expect(await screen.findByRole("dialog", { name: "Keys" })).toBeTruthy();
  });
});
