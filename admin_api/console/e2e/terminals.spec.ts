import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.js";

const filterOf = (page: Page) => page.getByRole("textbox", { name: "Filter of terminals" });
const tableOf = (page: Page) => page.getByRole("table", { name: "Connected terminals" });

test("the filter completes what is connected, and narrows the table to it", async ({ open }) => {
  const page = await open("/console/terminals");
  await filterOf(page).click();
  await page.keyboard.type("group:to");
  await page.getByRole("option", { name: /tokyo/ }).click();
  await expect(filterOf(page)).toHaveText("group:tokyo");
  await expect(page.getByText(/^\d+ of \d+ connections · \d+ users · \d+ terminals? away$/)).toBeVisible();
  await expect(page).toHaveURL(/target=group%3Atokyo/);
  const rows = tableOf(page)
    .getByRole("row")
    .filter({ has: page.getByRole("cell") });
  await expect(rows.first()).toBeVisible();
  expect(await rows.filter({ hasNotText: "tokyo" }).count()).toBe(0);
});

test("what is wrong with a filter is said under its place", async ({ open }) => {
  const page = await open("/console/terminals");
  await filterOf(page).fill("os == windows");
  await expect(page.getByText(/^Expected .*, but here is/)).toBeVisible();
  await expect(filterOf(page)).toHaveAttribute("aria-invalid", "true");
  await filterOf(page).fill("os = windows");
  await expect(filterOf(page)).not.toHaveAttribute("aria-invalid", "true");
  await expect(page.getByText(/^\d+ of \d+ connections/)).toBeVisible();
});

test("a filter that no terminal fits says what to do", async ({ open }) => {
  const page = await open("/console/terminals?target=group:nobody-is-in-it");
  await expect(page.getByText("No terminal fits")).toBeVisible();
});

test("a row opens the terminal: who it is, its attributes, its pushes", async ({ open }) => {
  const page = await open("/console/terminals?target=group:tokyo");
  await tableOf(page)
    .getByRole("button", { name: /^Look at / })
    .first()
    .click();
  const drawer = page.getByRole("dialog", { name: "Terminal" });
  await expect(drawer.getByText("Asia/Tokyo")).toBeVisible();
  await expect(drawer.getByRole("heading", { name: "Last pushes" })).toBeVisible();
  await drawer.getByRole("button", { name: "Close the details" }).click();
  await expect(drawer).toBeHidden();
});

test("closing a connection is seen at the terminal, which comes back by itself", async ({
  open,
  openBeside,
  service,
}) => {
  const terminal = await openBeside("/terminal", await service.token({ user: "closed" }));
  await expect(terminal.getByRole("status")).toHaveText("Connected");
  const page = await open("/console/terminals?target=user:closed");
  await tableOf(page)
    .getByRole("button", { name: /^Look at closed/ })
    .click();
  await page.getByRole("button", { name: "Close …" }).click();
  await page.getByRole("button", { name: "Close 1 connection" }).click();
  await expect(terminal.getByRole("status")).toContainText("Trying again in");
  await expect(page.getByText(/^The connection of closed\/.* is closed\.$/)).toBeVisible();
  await expect(terminal.getByRole("status")).toHaveText("Connected", { timeout: 30_000 });
});

test("who is blocked is told why, and stays out until the block is taken back", async ({
  open,
  openBeside,
  service,
}) => {
  const token = await service.token({ user: "blocked" });
  const terminal = await openBeside("/terminal", token);
  await expect(terminal.getByRole("status")).toHaveText("Connected");
  const page = await open("/console/terminals?target=user:blocked");
  await tableOf(page)
    .getByRole("button", { name: /^Look at blocked/ })
    .click();
  await page.getByRole("button", { name: "Block …" }).click();
  const asked = page.getByRole("dialog", { name: "Block blocked?" });
  await expect(asked.getByRole("button", { name: "Block blocked: closes 1 connection" })).toBeDisabled();
  await asked.getByLabel("Reason").fill("the laptop was stolen");
  await asked.getByRole("button", { name: "Block blocked: closes 1 connection" }).click();
  await expect(page.getByText("blocked is blocked; 1 connection was closed.")).toBeVisible();
  await expect(terminal.getByRole("alert")).toContainText("the laptop was stolen");
  await terminal.reload();
  await expect(terminal.getByRole("heading", { name: "Be a terminal" })).toBeVisible();
  await expect(terminal.getByRole("alert")).toContainText("the laptop was stolen");
  await expect(page.getByRole("dialog", { name: "Terminal" })).toContainText("the laptop was stolen");
  await page.getByRole("button", { name: "Unblock blocked" }).click();
  await expect(page.getByText("blocked may connect again.")).toBeVisible();
  await terminal.goto(`${service.url}/terminal#token=${token}`);
  await expect(terminal.getByRole("status")).toHaveText("Connected");
});
