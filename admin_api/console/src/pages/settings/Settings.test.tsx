import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { problem, renderPage } from "../../testing.js";
import { Component as Settings } from "./Settings.js";

const SETTINGS = {
  version: "9.8.7",
  runtime: "one-machine",
  limits: { connections_per_user: 20, posts_per_second: null },
  retention: { audit_days: 400 },
  issuers: [
    {
      issuer: "https://id.example.com",
      audiences: ["fanfare"],
      algorithms: ["RS256"],
      keys: [{ kid: "2026-10", alg: "RS256", kty: "RSA" }],
      jwks_uri: "https://id.example.com/keys",
    },
  ],
  webhooks: [{ name: "webhook 1", url_host: "hooks.example.com", events: ["push.*"] }],
  console: { ws_url: "ws://127.0.0.1:8081/local", oidc: null, confirm_above: 100 },
};
const SENDER = {
  sub: "printer",
  targets: { groups: ["ops"] },
  per_minute: 10,
  max_terminals: null,
  approve_over: 500,
  by: "admin",
  at: "2026-11-24T09:00:00.000Z",
};
const ANSWERS = {
  "GET /v1/settings": SETTINGS,
  "GET /v1/senders": { items: [SENDER], next_cursor: null },
  "GET /healthz": { status: "ok" },
  "GET /v1/stats": {
    presence: { connections: 1, terminals: 1, users: 1, groups: 1 },
    pushes_in_flight: {},
    started_at: "2026-11-24T09:00:00.000Z",
    uptime_s: 1,
  },
};

describe("the settings page", () => {
  it("shows version, limits, keys by name, and who is held to what", async () => {
    await renderPage(<Settings />, { answers: ANSWERS });
    expect(await screen.findByText("9.8.7")).toBeTruthy();
    expect(screen.getByText("2026-10")).toBeTruthy();
    expect(within(screen.getByRole("row", { name: /posts_per_second/ })).getByText("no limit")).toBeTruthy();
    expect(await screen.findByText("group:ops")).toBeTruthy();
    expect(await screen.findByText(/^Well/)).toBeTruthy();
  });

  it("says that the service is not well", async () => {
    const answers = { ...ANSWERS, "GET /healthz": problem(503, "storage_unavailable", "the disk is full") };
    await renderPage(<Settings />, { answers });
    expect((await screen.findByRole("alert")).textContent).toContain("the disk is full");
  });

  it("holds a sender to what was typed, and to nothing else", async () => {
    const { requests } = await renderPage(<Settings />, { answers: { ...ANSWERS, "PUT /v1/senders/cron": SENDER } });
    await userEvent.click(await screen.findByRole("button", { name: "Hold a sender to limits" }));
    const dialog = await screen.findByRole("dialog");
    await userEvent.type(within(dialog).getByLabelText(/^Sender/), "cron");
    await userEvent.type(within(dialog).getByLabelText("May reach"), "group:ops");
    await userEvent.type(within(dialog).getByLabelText("Approval above"), "50");
    await userEvent.click(within(dialog).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(requests.some(request => request.method === "PUT")).toBe(true));
    const put = requests.find(request => request.method === "PUT");
    expect(await put?.json()).toEqual({
      targets: "group:ops",
      per_minute: null,
      max_terminals: null,
      approve_over: 50,
    });
  });

  it("shows senders only to who may change them", async () => {
    await renderPage(<Settings />, { answers: ANSWERS, scopes: ["audit:read"] });
    await screen.findByText("9.8.7");
    expect(screen.queryByText("printer")).toBeNull();
  });
});
