import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.js";

const MUST_READ = { receipts: "each", ack: { need: "read", within: "15m", resend: 1 } };
const STAGED = { ...MUST_READ, waves: [{ percent: 10, then_wait: "15m" }, { percent: 100 }] };

const stateOf = (page: Page) => page.getByRole("heading", { level: 1 }).locator("..");
const funnelOf = (page: Page, step: string) =>
  page.getByRole("region", { name: "What became of it" }).locator("dt", { hasText: step }).locator("..").locator("b");

async function counted(page: Page, step: string): Promise<number> {
  return Number((await funnelOf(page, step).textContent())?.replaceAll(",", ""));
}

test("the funnel and the dots fill while terminals answer", async ({ open, service }) => {
  const id = await service.push({ target: "all", message: { title: "Fire drill" }, strategy: MUST_READ });
  const page = await open(`/console/pushes/${id}`);
  await expect.poll(() => counted(page, "Sent")).toBeGreaterThan(90);
  await expect.poll(() => counted(page, "Received")).toBeGreaterThan(90);
  const first = await counted(page, "Read");
  await expect.poll(() => counted(page, "Read")).toBeGreaterThan(first);
  await expect(
    page.getByText(/^All is sent: \d+ of \d+ terminals have read it, [\d.]+ ?%; \d+ still open/),
  ).toBeVisible();
  await expect(page.getByRole("list", { name: "What the picture means" })).toContainText(/Read ?\d+/);
  await expect(page.getByRole("list", { name: "Counts by group" })).toContainText(/\d+ read/i);
});

test("a push is halted, goes on, and is cancelled, each with its reason and its size", async ({ open, service }) => {
  const id = await service.push({ target: "all", message: { title: "New version" }, strategy: STAGED });
  const page = await open(`/console/pushes/${id}`);
  await expect(page.getByText(/^Wave 1 of 2/)).toBeVisible();
  await page.getByRole("button", { name: "Halt" }).click();
  await page.getByRole("textbox", { name: "Reason" }).fill("complaints from Tokyo");
  await page.getByRole("button", { name: /^Hold back \d+ terminals$/ }).click();
  await expect(stateOf(page)).toContainText("Halted");
  await expect(page.getByText(/^Halted by admin at .*: complaints from Tokyo$/)).toBeVisible();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("button", { name: /^Resume for \d+ terminals$/ }).click();
  await expect(stateOf(page)).not.toContainText("Halted");
  await page.getByRole("button", { name: "Cancel and recall", exact: true }).click();
  await page.getByRole("button", { name: /^Cancel and recall from \d+ screens$/ }).click();
  await expect(stateOf(page)).toContainText("Cancelled");
  await expect(page.getByText(/^Cancelled by admin at .*, taken off \d+ of \d+ screens/)).toBeVisible();
});

test("the strategy's graph marks where the push is now", async ({ open, service }) => {
  const id = await service.push({ target: "group:tokyo", message: "Hello", strategy: STAGED });
  const page = await open(`/console/pushes/${id}`);
  await expect(page.getByRole("region", { name: "Strategy" }).getByText("It is here now")).toBeVisible();
});

test("who has not read is listed, and each says why", async ({ open, service }) => {
  const id = await service.push({ target: "group:kiosks", message: { title: "Load 42" }, strategy: MUST_READ });
  const page = await open(`/console/pushes/${id}`);
  const terminals = page.getByRole("region", { name: "Terminals", exact: true });
  await expect(terminals.getByRole("combobox", { name: "Which terminals" })).toHaveValue("open");
  await terminals.getByRole("row").getByRole("button").first().click();
  const drawer = page.getByRole("dialog", { name: "Why this terminal got it, or not" });
  await expect(drawer.getByText("Meant, by group:kiosks")).toBeVisible();
  await expect(drawer.getByText("It is to acknowledge within 15 min, and has not")).toBeVisible();
  await drawer.getByRole("button", { name: "Close" }).click();
  await expect(drawer).toBeHidden();
});

test("whom a push was not meant for is explained as well", async ({ open, openBeside, service }) => {
  const terminal = await openBeside("/terminal", await service.token({ user: "stranger" }));
  await expect(terminal.getByRole("status")).toHaveText("Connected");
  const id = await service.push({ target: "group:kiosks", message: "Load 43", strategy: MUST_READ });
  const page = await open(`/console/pushes/${id}`);
  await page.getByRole("textbox", { name: "Name" }).fill("stranger");
  await page.getByRole("button", { name: "Explain" }).click();
  await expect(page.getByRole("dialog").getByText("It is not meant")).toBeVisible();
});

test("a push over a sender's limit waits for a second person, who approves it", async ({
  open,
  openBeside,
  service,
}) => {
  await service.request(await service.admin(), "PUT", "/v1/senders/reception", { approve_over: 3 });
  const sender = await service.token({ user: "reception", scopes: ["push:send", "push:read", "push:approve"] });
  const id = await service.push({ target: "group:tokyo", message: { title: "Visitors" }, strategy: MUST_READ }, sender);
  const own = await openBeside(`/console/pushes/${id}`, sender);
  await expect(own.getByText(/^You sent it, so you cannot approve or reject it yourself/)).toBeVisible();
  await expect(own.getByRole("button", { name: "Approve" })).toHaveCount(0);
  const page = await open("/console/");
  const attention = page.getByRole("region", { name: "Worth a look" });
  await attention.getByRole("link", { name: "A push of reception awaits approval" }).click();
  await expect(stateOf(page)).toContainText("Awaiting approval");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("button", { name: /^Approve for \d+ terminals$/ }).click();
  await expect(stateOf(page)).not.toContainText("Awaiting approval");
  await expect.poll(() => counted(own, "Sent")).toBeGreaterThan(3);
});

test("what a person confirms at a terminal is counted as read", async ({ open, openBeside, service }) => {
  const terminal = await openBeside("/terminal", await service.token({ user: "reader" }));
  await expect(terminal.getByRole("status")).toHaveText("Connected");
  const id = await service.push({ target: "user:reader", message: { title: "Sign here" }, strategy: MUST_READ });
  const page = await open(`/console/pushes/${id}`);
  await expect(funnelOf(page, "Received")).toHaveText("1");
  await expect(funnelOf(page, "Read")).toHaveText("0");
  const dialog = terminal.getByRole("dialog", { name: "Please confirm" });
  await expect(dialog).toContainText("Sign here");
  await dialog.getByRole("button", { name: "I have read this" }).click();
  await expect(dialog).toBeHidden();
  await expect(funnelOf(page, "Read")).toHaveText("1");
});

test("cancelling takes a push off the screens that show it", async ({ open, openBeside, service }) => {
  const terminal = await openBeside("/terminal", await service.token({ user: "shown" }));
  await expect(terminal.getByRole("status")).toHaveText("Connected");
  const id = await service.push({ target: "user:shown", message: { title: "Door 4 is closed" }, strategy: MUST_READ });
  await expect(terminal.getByRole("dialog", { name: "Please confirm" })).toBeVisible();
  const page = await open(`/console/pushes/${id}`);
  await page.getByRole("button", { name: "Cancel and recall", exact: true }).click();
  await page.getByRole("button", { name: "Cancel and recall from 1 screen" }).click();
  await expect(terminal.getByRole("dialog", { name: "Please confirm" })).toBeHidden();
  await expect(terminal.getByRole("listitem").filter({ hasText: "Door 4 is closed" })).toContainText("Recalled");
  await expect(page.getByText(/taken off 1 of 1 screen/)).toBeVisible();
});
