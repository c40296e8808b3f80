import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.js";
import { BOTH_SCHEMES, checkLooks, ON_A_PHONE } from "./looks.js";
import type { Service } from "./service.js";

const STAGED = {
  waves: [{ percent: 20, then_wait: "15m" }, { percent: 100 }],
  ack: { need: "read", within: "15m", resend: 1 },
};

const stagedPush = (service: Service) =>
  service.push({ target: "all", message: { title: "Restart tonight", level: "warning" }, strategy: STAGED });

const heading = (page: Page, name: string) => expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
const loaded = (page: Page) => expect(page.locator(".mantine-Loader-root")).toHaveCount(0);

test("sign-in", async ({ page, service }) => {
  await page.goto(`${service.url}/console/#token=none`);
  await expect(page.getByRole("alert")).toBeVisible();
  await checkLooks(page);
});

test("overview", async ({ open, service }) => {
  await stagedPush(service);
  const page = await open("/console/");
  await expect(page.getByText("Restart tonight").first()).toBeVisible();
  await loaded(page);
  await checkLooks(page);
});

test("terminals, with a fault in the filter, and a terminal's drawer", async ({ open }) => {
  const page = await open("/console/terminals?target=group:tokyo");
  await page
    .getByRole("button", { name: /^Look at / })
    .first()
    .click();
  await expect(page.getByRole("heading", { name: "Last pushes" })).toBeVisible();
  await checkLooks(page);
  await page.goto("about:blank");
  await open("/console/terminals");
  await page.getByRole("textbox", { name: "Filter of terminals" }).fill("os == windows");
  await expect(page.getByText(/^Expected /)).toBeVisible();
  await checkLooks(page);
});

test("new push, and the last question before it is sent", async ({ open }) => {
  const page = await open(
    "/console/compose?strategy=staged-rollout&target=not+kind+%3D+kiosk+and+%28group%3Aops+or+group%3Asales%29",
  );
  await page.getByRole("textbox", { name: "Title" }).fill("Restart tonight");
  await page.getByRole("button", { name: "What if I sent it at once?" }).click();
  await expect(page.getByRole("region", { name: "Comparison" })).toBeVisible();
  await checkLooks(page);
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await checkLooks(page);
});

test("pushes", async ({ open, service }) => {
  await stagedPush(service);
  const page = await open("/console/pushes");
  await expect(page.getByText("Restart tonight").first()).toBeVisible();
  await checkLooks(page);
});

test("a push under way, and why a terminal got it", async ({ open, service }) => {
  const page = await open(`/console/pushes/${await stagedPush(service)}`);
  const terminals = page.getByRole("region", { name: "Terminals", exact: true });
  await expect(terminals.getByRole("row").nth(1)).toBeVisible();
  await checkLooks(page);
  await terminals.getByRole("row").getByRole("button").first().click();
  await expect(page.getByRole("dialog").getByRole("listitem").first()).toBeVisible();
  await checkLooks(page);
});

test("strategies", async ({ open, service }) => {
  await service.request(await service.admin(), "PUT", "/v1/strategies/e2e-looked-at", STAGED);
  const page = await open("/console/strategies");
  await expect(page.getByRole("link", { name: /e2e-looked-at/ })).toBeVisible();
  await checkLooks(page);
});

test("a strategy, with a step being edited", async ({ open, service }) => {
  await service.request(await service.admin(), "PUT", "/v1/strategies/e2e-edited", STAGED);
  const page = await open("/console/strategies/e2e-edited");
  await page.getByRole("button", { name: /^Wave 1/ }).click();
  await page.getByRole("textbox", { name: "Goes to" }).fill("120");
  await expect(page.getByText(/^A number from/)).toBeVisible();
  await checkLooks(page);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByRole("menuitem").first()).toBeVisible();
  await checkLooks(page, BOTH_SCHEMES);
});

test("audit", async ({ open, service }) => {
  await stagedPush(service);
  const page = await open("/console/audit");
  await expect(page.getByRole("row").nth(1)).toBeVisible();
  await checkLooks(page);
});

test("settings", async ({ open, service }) => {
  await service.request(await service.admin(), "PUT", "/v1/senders/looked-at", { per_minute: 5 });
  const page = await open("/console/settings");
  await expect(page.getByText("looked-at")).toBeVisible();
  await checkLooks(page);
});

test("a page that there is not", async ({ open }) => {
  const page = await open("/console/no-such-page");
  await expect(page.getByText("There is no such page")).toBeVisible();
  await checkLooks(page);
});

test("the menu, which only a phone has to open", async ({ open, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open("/console/settings");
  await heading(page, "Settings");
  await page.getByRole("button", { name: "Open the menu" }).click();
  await page.getByRole("button", { name: /^Signed in as/ }).click();
  await expect(page.getByRole("combobox", { name: "Language" })).toBeVisible();
  await checkLooks(page, ON_A_PHONE);
});

test("the list of keys", async ({ open }) => {
  const page = await open("/console/settings");
  await heading(page, "Settings");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await checkLooks(page);
});

test("the terminal page, with a toast and with what must be read", async ({ open, service }) => {
  const page = await open("/terminal", await service.token({ user: "looked-at" }));
  await expect(page.getByRole("status")).toHaveText("Connected");
  const target = "user:looked-at";
  await service.push({ target, message: { title: "Door 4 is closed", body: "Use door 2.", level: "critical" } });
  await expect(page.getByRole("region", { name: "New messages" })).toContainText("Door 4 is closed");
  await checkLooks(page);
  await service.push({
    target,
    message: { title: "Read this", level: "warning" },
    strategy: { ack: { need: "read" } },
  });
  await expect(page.getByRole("dialog", { name: "Please confirm" })).toBeVisible();
  await checkLooks(page);
});
