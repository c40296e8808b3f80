import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it } from "vitest";
import { MUST_READ, NOW } from "../../graph/examples.js";
import { problem, renderPage } from "../../testing.js";
import { Component as Strategies } from "./Strategies.js";
import { Component as StrategyPage } from "./StrategyPage.js";

const BUILT_IN = {
  name: "now",
  version: null,
  built_in: true,
  description: "At once.",
  strategy: NOW,
  by: null,
  at: null,
};
const DOOR = {
  name: "door",
  version: 2,
  built_in: false,
  description: null,
  strategy: MUST_READ,
  by: "alice",
  at: "2026-11-24T09:00:00.000Z",
};
const LIST = { "GET /v1/strategies": { items: [BUILT_IN, DOOR], next_cursor: null } };
const VERSIONS = {
  items: [DOOR, { ...DOOR, version: 1, strategy: { ...MUST_READ, retain: "1d" }, by: "bob" }],
  next_cursor: null,
};
const ONE = { "GET /v1/strategies/door": DOOR, "GET /v1/strategies/door/versions": VERSIONS };

const page = (answers: object, scopes?: readonly ["push:read"]) =>
  renderPage(<StrategyPage />, {
    answers: { ...LIST, ...ONE, ...answers },
    at: "/strategies/door",
    path: "/strategies/:name",
    ...(scopes !== undefined && { scopes }),
  });

// Finding by role is slow in jsdom, and machines that test are busy.
configure({ asyncUtilTimeout: 10_000 });

// Loaded before, so that no test waits for it.
beforeAll(() => import("../../graph/Canvas.js"));

describe("the list", () => {
  it("tells those kept from those built in, and says what each does", async () => {
    await renderPage(<Strategies />, { answers: LIST });
    const door = (await screen.findByRole("link", { name: "door" })).closest("article");
    expect(door?.textContent).toContain("Version 2");
    expect(door?.textContent).toContain("by alice,");
    expect(door?.textContent).toContain("A person must read it within 15 min");
    expect(screen.getByRole("link", { name: "now" }).closest("article")?.textContent).toContain("Built in");
  });

  it("says what to do while there is none of one's own", async () => {
    await renderPage(<Strategies />, {
      answers: { "GET /v1/strategies": { items: [BUILT_IN], next_cursor: null } },
      scopes: ["push:read"],
    });
    expect(await screen.findByText("None of your own yet")).toBeTruthy();
    expect(screen.queryByRole("link", { name: "New strategy" })).toBeNull();
  });

  it("has those of every page", async () => {
    await renderPage(<Strategies />, {
      answers: {
        "GET /v1/strategies?limit=500": { items: [BUILT_IN], next_cursor: "c" },
        "GET /v1/strategies?limit=500&cursor=c": { items: [DOOR], next_cursor: null },
      },
    });
    expect(await screen.findByRole("link", { name: "door" })).toBeTruthy();
  });
});

describe("a new one", () => {
  it("copies one that is built in, and replaces nothing", async () => {
    const { requests, router } = await renderPage(<Strategies />, {
      at: "/strategies?new=now",
      path: "/strategies",
      answers: {
        ...LIST,
        "GET /v1/strategies/now": BUILT_IN,
        "PUT /v1/strategies/my-now": { ...DOOR, name: "my-now" },
      },
    });
    await userEvent.click(await screen.findByRole("button", { name: "Keep it" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/strategies/my-now"));
    const put = requests.find(request => request.method === "PUT");
    expect(put?.headers.get("If-None-Match")).toBe("*");
    expect(await put?.json()).toEqual(NOW);
  });

  it("says at the name that it is taken", async () => {
    await renderPage(<Strategies />, {
      at: "/strategies?new",
      path: "/strategies",
      answers: { ...LIST, "PUT /v1/strategies/door": problem(412, "version_changed", "is at version 2") },
    });
    const name = await screen.findByRole("textbox", { name: /Name/ });
    await userEvent.type(name, "door");
    await userEvent.click(screen.getByRole("button", { name: "Keep it" }));
    expect(await screen.findByText("There is a strategy door already. Choose another name.")).toBeTruthy();
  });
});

describe("one strategy", () => {
  const retain = async (to: string) => {
    await userEvent.click(await screen.findByRole("button", { name: /^Keep for those away/ }));
    const field = screen.getByRole("textbox", { name: /Keep it for those away/ });
    await userEvent.clear(field);
    await userEvent.type(field, to);
  };

  it("saves a change as the next version of the one that it began with", async () => {
    const { requests } = await page({
      "PUT /v1/strategies/door": { ...DOOR, version: 3, strategy: { ...MUST_READ, retain: "9d" } },
    });
    await retain("9d");
    const changes = screen.getByRole("region", { name: "Differences" });
    expect(within(changes).getByText("9d")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Save as version 3" }));
    expect(await screen.findByText("Version 3")).toBeTruthy();
    const put = requests.find(request => request.method === "PUT");
    expect(put?.headers.get("If-Match")).toBe('"2"');
    expect(await put?.json()).toEqual({ ...MUST_READ, retain: "9d" });
    expect(screen.queryByRole("button", { name: /^Save/ })).toBeNull();
  });

  it("shows what somebody else saved meanwhile, and saves over it only when told to", async () => {
    const theirs = { ...DOOR, version: 3, by: "bob", strategy: { ...MUST_READ, retain: "2d" } };
    let puts = 0;
    let now: object = DOOR;
    const { requests } = await page({
      "GET /v1/strategies/door": () => now,
      "PUT /v1/strategies/door": () => {
        puts += 1;
        now = theirs;
        return puts === 1
          ? problem(412, "version_changed", "is at version 3", { version: 3 })
          : { ...DOOR, version: 4 };
      },
    });
    await retain("9d");
    await userEvent.click(screen.getByRole("button", { name: "Save as version 3" }));
    const conflict = await screen.findByRole("alert");
    expect(conflict.textContent).toContain("bob saved version 3 meanwhile");
    expect(within(conflict).getByText("2d")).toBeTruthy();
    expect(within(conflict).getByText("9d")).toBeTruthy();
    await userEvent.click(within(conflict).getByRole("button", { name: "Save mine as version 4" }));
    expect(await screen.findByText("Version 4")).toBeTruthy();
    expect(requests.filter(each => each.method === "PUT").map(each => each.headers.get("If-Match"))).toEqual([
      '"2"',
      '"3"',
    ]);
  });

  it("shows at the field what the service refuses", async () => {
    await page({
      "PUT /v1/strategies/door": problem(422, "invalid_duration", "strategy.retain must be from 0s to 30d", {
        field: "strategy.retain",
      }),
    });
    await retain("29d");
    await userEvent.click(screen.getByRole("button", { name: "Save as version 3" }));
    expect(await screen.findByText("must be from 0s to 30d")).toBeTruthy();
    expect(screen.getByText("1 member is not right yet")).toBeTruthy();
  });

  it("does not send what cannot be", async () => {
    await page({});
    await retain("31d");
    expect(screen.getByText("From 0 s to 30 days")).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Save as version 3" }).disabled).toBe(true);
  });

  it("is deleted after asking, if it is still that version", async () => {
    const { requests, router } = await page({ "DELETE /v1/strategies/door": new Response(null, { status: 204 }) });
    await userEvent.click(await screen.findByRole("button", { name: "Delete" }));
    await userEvent.click(await screen.findByRole("button", { name: "Delete door" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/strategies"));
    expect(requests.find(each => each.method === "DELETE")?.headers.get("If-Match")).toBe('"2"');
  });

  it("lays two versions side by side", async () => {
    await page({});
    await userEvent.click(await screen.findByRole("checkbox", { name: "Compare version 1" }));
    await userEvent.click(screen.getByRole("checkbox", { name: "Compare version 2" }));
    expect(await screen.findByText("From version 1 to 2")).toBeTruthy();
    const table = screen.getByRole("region", { name: "Differences" });
    expect(within(table).getByText("retain").closest("tr")?.textContent).toBe("retain1d7d");
  });

  it("can only be looked at without the scope", async () => {
    await page({}, ["push:read"]);
    expect(await screen.findByText(/needs the scope strategies:write/)).toBeTruthy();
    for (const name of ["Delete", "Add", "Save as version 3"])
      expect(screen.queryByRole("button", { name })).toBeNull();
    expect(screen.queryByRole("link", { name: "Use it in a new push" })).toBeNull();
  });
});
