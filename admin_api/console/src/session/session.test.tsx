import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Config } from "../api/config.js";
import { problem } from "../testing.js";
import { SessionHolder } from "./session.js";

const CONFIG: Config = { ws_url: "ws://test.invalid", api_base: "/", oidc: null, confirm_above: 100 };

function open(answer: () => Response) {
  vi.stubGlobal("fetch", async () => answer());
  return render(
    <QueryClientProvider client={new QueryClient()}>
      <SessionHolder config={CONFIG}>
        {standing => <p>{standing.is === "out" ? `out: ${standing.because?.code}` : standing.is}</p>}
      </SessionHolder>
    </QueryClientProvider>,
  );
}

beforeEach(() => sessionStorage.setItem("fanfare.token", "kept"));
afterEach(() => {
  sessionStorage.clear();
  vi.unstubAllGlobals();
});

describe("a token that the tab has kept", () => {
  it("signs in, if the service takes it", async () => {
    open(() => Response.json({ user: "alice", scopes: [] }));
    expect(await screen.findByText("in")).toBeTruthy();
  });

  it("is forgotten when the service refuses it", async () => {
    open(() => problem(401, "token_expired", "The token has expired."));
    expect(await screen.findByText("out: token_expired")).toBeTruthy();
    expect(sessionStorage.getItem("fanfare.token")).toBeNull();
  });

  it("is kept when the service could not be asked, or could not answer", async () => {
    const { unmount } = open(() => {
      throw new TypeError("the network is gone");
    });
    expect(await screen.findByText("out: unreachable")).toBeTruthy();
    unmount();
    open(() => problem(503, "storage_unavailable", "Try again."));
    expect(await screen.findByText("out: storage_unavailable")).toBeTruthy();
    expect(sessionStorage.getItem("fanfare.token")).toBe("kept");
  });
});
