import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Audience, Terminal } from "../../api/schema.js";
import { writeTarget } from "../../target/testing.js";
import { ALL_SCOPES, type Answers, problem, renderPage } from "../../testing.js";
import { Component as Terminals } from "./Terminals.js";

const AUDIENCE: Audience = {
  connections: 2,
  terminals: 2,
  users: 1,
  away: 3,
  by_group: { ops: 2 },
  by_attribute: {
    os: [
      { value: "windows", connections: 1 },
      { value: "mac", connections: 1 },
    ],
  },
  by_timezone: {},
  exact: true,
  flow: null,
};

const AT = "2026-11-24T09:00:00.000Z";

function terminal(id: string, os: string): Terminal {
  return {
    connection_id: `${id}=`,
    terminal_id: `alice/${id}`,
    user: "alice",
    groups: ["ops"],
    attributes: { os },
    connected_at: AT,
    expires_at: AT,
    last_heard_at: AT,
    presence: "verified",
  };
}

const ROWS = [terminal("pc", "windows"), terminal("book", "mac")];

const ANSWERS: Answers = {
  "GET /v1/groups": { items: [{ name: "ops", connections: 2 }], next_cursor: null },
  "GET /v1/terminals/summary": { audience: AUDIENCE },
  "GET /v1/terminals": { items: ROWS, next_cursor: null },
  "GET /v1/terminals/pc%3D": {
    ...ROWS[0],
    ...{ issuer: "https://id.invalid", token_id: "9f2c", scopes: [], topics: ["all"], source_ip: "192.0.2.17" },
    user_agent: "fanfare-python/0.1",
  },
  "GET /v1/terminals/pc%3D/pushes": { items: [] },
  "GET /v1/users/alice": {
    user: "alice",
    presence: "verified",
    connections: ROWS,
    away: [],
    given_groups: [],
    block: null,
    tokens_revoked_before: null,
  },
};

const asked = (requests: readonly Request[], path: string) =>
  requests.map(each => new URL(each.url)).filter(({ pathname }) => pathname === path);

/** Its button, without working out the roles of the whole page, which takes long. */
function press(name: string | RegExp, inside: HTMLElement = document.body): void {
  const fits = (text: string) => (typeof name === "string" ? text === name : name.test(text));
  const found = [...inside.querySelectorAll("button")].find(each => fits(each.ariaLabel ?? each.textContent ?? ""));
  if (found === undefined) throw new Error(`there is no button ${name}`);
  fireEvent.click(found);
}

// What is in view is drawn, and without a layout nothing would be.
beforeAll(() => {
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(640);
});
afterAll(() => {
  vi.restoreAllMocks();
});

describe("the terminals", () => {
  it("are listed with their counts", async () => {
    await renderPage(<Terminals />, { answers: ANSWERS });
    const table = await screen.findByRole("table", { name: "Connected terminals" });
    expect(within(table).getByText("book")).toBeTruthy();
    expect(await screen.findByText("2 connections · 1 user · 3 terminals away")).toBeTruthy();
  });

  it("follow the filter as it is typed, and the address has it", async () => {
    const { requests, router } = await renderPage(<Terminals />, { answers: ANSWERS });
    await writeTarget("Filter of terminals", "os = mac");
    await waitFor(() => expect(router.state.location.search).toBe("?target=os+%3D+mac"));
    await waitFor(() => {
      expect(asked(requests, "/v1/terminals").at(-1)?.searchParams.get("target")).toBe("os = mac");
      expect(asked(requests, "/v1/terminals/summary").at(-1)?.searchParams.get("target")).toBe("os = mac");
    });
  });

  it("are narrowed by a chip, and widened by it again", async () => {
    const { router } = await renderPage(<Terminals />, { answers: ANSWERS, at: "/?target=group%3Aops" });
    await screen.findByText(/connections · /);
    press(/^mac/);
    await waitFor(() => expect(router.state.location.search).toBe("?target=group%3Aops+and+os+%3D+mac"));
    press(/^mac/);
    await waitFor(() => expect(router.state.location.search).toBe("?target=group%3Aops"));
  });

  it("that nobody fits say what to do", async () => {
    const answers = { ...ANSWERS, "GET /v1/terminals": { items: [], next_cursor: null } };
    await renderPage(<Terminals />, { answers, at: "/?target=group%3Ait" });
    expect(await screen.findByText("No terminal fits")).toBeTruthy();
  });

  it("show what the service says of a filter that it refuses", async () => {
    const refusal = problem(422, "invalid_target", "not for you, at character 1 of the target\n  group:it\n  ^", {
      position: 0,
      expected: [],
    });
    const answers = { ...ANSWERS, "GET /v1/terminals/summary": refusal, "GET /v1/terminals": refusal };
    await renderPage(<Terminals />, { answers, at: "/?target=group%3Ait" });
    expect(await screen.findByText("not for you, at character 1 of the target")).toBeTruthy();
  });
});

describe("a terminal's details", () => {
  const BLOCKED: Answers = {
    ...ANSWERS,
    "PUT /v1/users/alice/block": {
      block: { reason: "badge lost", until: null, cidr: [], by: "ops", at: AT },
      closed: 2,
    },
  };

  it("open from its row, and the address has them", async () => {
    const { router } = await renderPage(<Terminals />, { answers: ANSWERS });
    await screen.findByText("book");
    press("Look at alice/pc");
    expect(await screen.findByText("192.0.2.17")).toBeTruthy();
    expect(router.state.location.search).toBe("?open=pc%3D");
    expect(await screen.findByText("alice/book")).toBeTruthy();
  });

  it("block the user with a reason, and the button says what that closes", async () => {
    const { requests } = await renderPage(<Terminals />, { answers: BLOCKED, at: "/?open=pc%3D" });
    await screen.findByText("Keeping alice out");
    press("Block …");
    const reason = await screen.findByLabelText(/^Reason/);
    fireEvent.change(reason, { target: { value: "badge lost" } });
    press("Block alice: closes 2 connections");
    await waitFor(async () => {
      const sent = requests.find(each => each.method === "PUT");
      expect(await sent?.clone().json()).toEqual({ reason: "badge lost", until: null, cidr: null });
    });
  });

  it("offer nothing that the token does not allow", async () => {
    const scopes = ALL_SCOPES.filter(scope => scope === "terminals:read");
    await renderPage(<Terminals />, { answers: ANSWERS, scopes, at: "/?open=pc%3D" });
    expect(await screen.findByText("192.0.2.17")).toBeTruthy();
    expect(screen.queryByText("Block …")).toBeNull();
    expect(screen.queryByText("Close …")).toBeNull();
    expect(screen.queryByText("Last pushes")).toBeNull();
  });

  it("of a connection that has ended say so", async () => {
    const answers = { ...ANSWERS, "GET /v1/terminals/pc%3D": problem(404, "terminal_not_found", "gone") };
    await renderPage(<Terminals />, { answers, at: "/?open=pc%3D" });
    expect(await screen.findByText("This connection has ended")).toBeTruthy();
  });
});
