import { configure, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { KeptStrategy, Preview, Push } from "../../api/schema.js";
import { type Answers, problem, renderPage } from "../../testing.js";
import { Component } from "./Compose.js";
import { NO_DRAFT } from "./draft.js";
import { saveDraft } from "./draft_store.js";
import { PREVIEW } from "./preview.example.js";

const DEFAULTS = { retain: "24h", receipts: "none", replay: "missed", priority: "normal" } as const;
const built = (name: string, strategy: object): KeptStrategy => ({
  name,
  version: null,
  at: null,
  by: null,
  built_in: true,
  description: name,
  strategy: { ...DEFAULTS, ...strategy },
});

const STRATEGIES = [
  built("now", {}),
  built("must-read", { ack: { need: "read", within: "15m", resend: 2, once_per_user: true } }),
  built("staged-rollout", { waves: [{ percent: 5, then_wait: "10m" }, { percent: 100 }] }),
];
const PUSH = { id: "019ab9c1-0000-7000-8000-000000000001", state: "sending" } as Push;
const SMALL: Preview = {
  ...PREVIEW,
  audience: { ...PREVIEW.audience, terminals: 12, users: 11, away: 0 },
  timeline: {
    ...PREVIEW.timeline,
    lanes: PREVIEW.timeline.lanes.map(lane => ({ ...lane, terminals: 6, spans: lane.spans.slice(0, 1) })),
  },
};
/** As many as have to be typed, without a dot for each in the picture. */
const LARGE: Preview = { ...SMALL, audience: PREVIEW.audience };

const preview = (answer: Preview | Response): Answers => ({
  "GET /v1/strategies": { items: STRATEGIES, next_cursor: null },
  "POST /v1/pushes/preview": answer,
});

/** The page with a message and a target written already. */
function written(over: Partial<typeof NO_DRAFT> = {}) {
  const message = { ...NO_DRAFT.message, title: "Lunch" };
  saveDraft("ops", { draft: { ...NO_DRAFT, message, target: "group:ops", ...over }, intent: null });
}

const page = (answers: Answers, options: Omit<Parameters<typeof renderPage>[1], "answers"> = {}) =>
  renderPage(<Component />, { answers, at: "/compose", path: "/compose", ...options });

const sendButton = () => screen.findByRole("button", { name: /^Send to \d/ });
const bodiesOf = async (requests: Request[], path: string) =>
  Promise.all(requests.filter(each => new URL(each.url).pathname === path).map(each => each.clone().json()));

// The whole page with its picture: on a busy machine jsdom takes its time.
configure({ asyncUtilTimeout: 20_000 });
vi.setConfig({ testTimeout: 60_000 });

beforeEach(() => sessionStorage.clear());

describe("a new push", () => {
  it("says what is missing, and previews nothing before there is a target", async () => {
    const { requests } = await page(preview(LARGE));
    expect(await screen.findByText("What it will do shows here")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Send" }).hasAttribute("disabled")).toBe(true);
    expect(await bodiesOf(requests, "/v1/pushes/preview")).toEqual([]);
  });

  it("is filled in from its address, once", async () => {
    const { router, requests } = await page(preview(LARGE), {
      at: "/compose?target=group%3Aops&strategy=must-read",
      path: "/compose",
    });
    await waitFor(async () =>
      expect(await bodiesOf(requests, "/v1/pushes/preview")).toMatchObject([
        { target: "group:ops", strategy: { name: "must-read" } },
      ]),
    );
    expect(router.state.location.search).toBe("");
  });

  it("offers every strategy, also those beyond the first page", async () => {
    await page({
      ...preview(LARGE),
      "GET /v1/strategies?limit=500": { items: STRATEGIES, next_cursor: "c" },
      "GET /v1/strategies?limit=500&cursor=c": { items: [built("own-late", {})], next_cursor: null },
    });
    expect(await screen.findByText("own-late")).toBeTruthy();
  });

  it("shows the message as a terminal will, by what the strategy asks for", async () => {
    written({ strategy: { name: "must-read", changes: {} } });
    await page(preview(SMALL));
    await waitFor(() => expect(screen.getByRole("article", { name: "Lunch" }).dataset["form"]).toBe("dialog"));
  });

  it("says how far it goes, and keeps what was written while one is elsewhere", async () => {
    written();
    const { unmount } = await page(preview(LARGE));
    expect(await screen.findByText("Reaches 387 terminals of 351 users, 63 away")).toBeTruthy();
    await userEvent.click(screen.getByLabelText("Title"));
    await userEvent.paste(" is served");
    unmount();
    await page(preview(LARGE));
    expect(screen.getByLabelText<HTMLInputElement>("Title").value).toBe("Lunch is served");
  });

  it("sends exactly the plan that was shown, and goes to its page", async () => {
    written();
    const { requests, router } = await page({ ...preview(SMALL), "POST /v1/pushes": PUSH });
    await userEvent.click(await sendButton());
    const dialog = await screen.findByRole("dialog");
    await userEvent.click(within(dialog).getByRole("button", { name: "Send to 12 terminals" }));
    await waitFor(() => expect(router.state.location.pathname).toBe(`/pushes/${PUSH.id}`));
    expect(await bodiesOf(requests, "/v1/pushes")).toEqual([{ plan: { id: SMALL.plan.id, if_changed: "reject" } }]);
    expect(requests.at(-1)?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f]{32}$/);
  });

  it("asks for the number above the limit", async () => {
    written();
    await page({ ...preview(LARGE), "POST /v1/pushes": PUSH });
    await userEvent.click(await sendButton());
    const dialog = await screen.findByRole("dialog");
    const send = within(dialog).getByRole("button", { name: "Send to 387 terminals" });
    expect(send.hasAttribute("disabled")).toBe(true);
    await userEvent.type(within(dialog).getByLabelText("Type 387 to send it"), "387");
    expect(send.hasAttribute("disabled")).toBe(false);
  });

  it("tries again with the same key when there was no answer", async () => {
    written();
    let tries = 0;
    const { requests, router } = await page({
      ...preview(SMALL),
      "POST /v1/pushes": () => {
        tries += 1;
        return tries === 1 ? problem(503, "storage_unavailable", "the storage does not answer") : PUSH;
      },
    });
    await userEvent.click(await sendButton());
    const dialog = await screen.findByRole("dialog");
    await userEvent.click(within(dialog).getByRole("button", { name: "Send to 12 terminals" }));
    await userEvent.click(await within(dialog).findByRole("button", { name: "Try again" }));
    await waitFor(() => expect(router.state.location.pathname).toBe(`/pushes/${PUSH.id}`));
    const keys = requests
      .filter(each => new URL(each.url).pathname === "/v1/pushes")
      .map(each => each.headers.get("Idempotency-Key"));
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
  });

  it("shows who came and went, and sends all the same if that is wished", async () => {
    written();
    const changed = {
      planned: 12,
      now: 15,
      came: { terminals: 4, names: ["u1/pc", "u2/pc", "u3/pc", "u4/pc"] },
      went: { terminals: 1, names: ["bob/pc"] },
    };
    const { requests, router } = await page({
      ...preview(SMALL),
      "POST /v1/pushes": async (request: Request) => {
        const { plan } = (await request.json()) as { plan: { if_changed: string } };
        return plan.if_changed === "send" ? PUSH : problem(409, "audience_changed", "12 were planned", changed);
      },
    });
    await userEvent.click(await sendButton());
    await userEvent.click(
      within(await screen.findByRole("dialog")).getByRole("button", { name: "Send to 12 terminals" }),
    );
    const dialog = await screen.findByRole("dialog", { name: "The audience has changed" });
    expect(within(dialog).getByText("u1/pc")).toBeTruthy();
    expect(within(dialog).getByText("bob/pc")).toBeTruthy();
    await userEvent.click(within(dialog).getByRole("button", { name: "Send all the same, to 15 terminals" }));
    await waitFor(() => expect(router.state.location.pathname).toBe(`/pushes/${PUSH.id}`));
    expect(await bodiesOf(requests, "/v1/pushes")).toMatchObject([
      { plan: { if_changed: "reject" } },
      { plan: { if_changed: "send" } },
    ]);
  });

  it("looks again at an audience that has changed", async () => {
    written();
    const changed = { planned: 12, now: 15, came: { terminals: 3, names: null }, went: { terminals: 0, names: null } };
    let asked = 0;
    const later = { ...SMALL, plan: { ...SMALL.plan, id: "later" }, audience: { ...SMALL.audience, terminals: 15 } };
    await page({
      ...preview(SMALL),
      "POST /v1/pushes/preview": () => {
        asked += 1;
        return asked === 1 ? SMALL : later;
      },
      "POST /v1/pushes": problem(409, "audience_changed", "12 were planned", changed),
    });
    await userEvent.click(await sendButton());
    await userEvent.click(
      within(await screen.findByRole("dialog")).getByRole("button", { name: "Send to 12 terminals" }),
    );
    await userEvent.click(await screen.findByRole("button", { name: "Look again" }));
    const dialog = await screen.findByRole("dialog");
    await within(dialog).findByRole("button", { name: "Send to 15 terminals" });
  });

  it("shows what a sender may not, and stays", async () => {
    written();
    const { router } = await page({
      ...preview(SMALL),
      "POST /v1/pushes": problem(429, "sender_rate", "ops may send 10 pushes a minute; try again in 17 s"),
    });
    await userEvent.click(await sendButton());
    const dialog = await screen.findByRole("dialog");
    await userEvent.click(within(dialog).getByRole("button", { name: "Send to 12 terminals" }));
    expect((await within(dialog).findByRole("alert")).textContent).toContain("try again in 17 s");
    expect(router.state.location.pathname).toBe("/compose");
  });

  it("puts a fault of the strategy beside it", async () => {
    written({ strategy: { name: "now", changes: { retain: "99d" } } });
    const detail = "strategy.retain must be from 0s to 30d";
    await page(preview(problem(422, "invalid_duration", detail, { field: "strategy.retain" })));
    const strategy = await screen.findByRole("region", { name: "Strategy" });
    expect(await within(strategy).findByText(detail)).toBeTruthy();
    expect(screen.getByText("Correct what is marked")).toBeTruthy();
  });

  it("lays another strategy over it", async () => {
    written({ strategy: { name: "staged-rollout", changes: {} } });
    const { requests } = await page(preview(LARGE));
    await userEvent.click(await screen.findByRole("button", { name: "What if I sent it at once?" }));
    const comparison = await screen.findByRole("region", { name: "Comparison" });
    expect(
      within(comparison)
        .getAllByRole("rowheader")
        .map(each => each.textContent),
    ).toEqual(["staged-rollout", "now"]);
    expect(await bodiesOf(requests, "/v1/pushes/preview")).toMatchObject([
      { strategy: { name: "staged-rollout" } },
      { strategy: { name: "now" } },
    ]);
  });

  it("goes to oneself first, and says to which terminals", async () => {
    written();
    const mine: Preview = { ...SMALL, audience: { ...SMALL.audience, terminals: 1, users: 1 } };
    const { requests } = await page({
      ...preview(SMALL),
      "POST /v1/pushes/preview": async (request: Request) =>
        ((await request.json()) as { test?: boolean }).test ? mine : SMALL,
      "POST /v1/pushes": { ...PUSH, test: true },
    });
    await sendButton();
    await userEvent.click(screen.getByRole("button", { name: "Send to me first" }));
    const dialog = await screen.findByRole("dialog", { name: "Send it to me first" });
    expect(await within(dialog).findByText("alice/till-4")).toBeTruthy();
    await userEvent.click(within(dialog).getByRole("button", { name: "Send to my 1 terminal" }));
    await waitFor(async () =>
      expect(await bodiesOf(requests, "/v1/pushes")).toMatchObject([{ target: "group:ops", test: true }]),
    );
  });

  it("opens the dialog by Ctrl+Enter", async () => {
    written();
    await page(preview(SMALL));
    await sendButton();
    await userEvent.keyboard("{Control>}{Enter}{/Control}");
    expect(await screen.findByRole("dialog", { name: "Send this push?" })).toBeTruthy();
  });

  it("is not for who may not send", async () => {
    await page(preview(LARGE), { scopes: ["push:read"] });
    expect(screen.getByText(/push:send/)).toBeTruthy();
    expect(screen.queryByLabelText("Title")).toBeNull();
  });

  it("has no fault that axe finds", async () => {
    written();
    const { container } = await page(preview({ ...LARGE, warnings: [WARNING] }));
    await sendButton();
    // jsdom draws nothing, so contrast is looked at in a browser (e2e).
    const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(each => `${each.id} ${each.nodes.map(node => node.html).join(" ")}`)).toEqual([]);
  });
});

const WARNING = { code: "window_closed", detail: "closed", terminals: 3, until: "2026-11-25T00:00:00.000Z" };
