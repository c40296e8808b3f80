import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.js";

const stepOf = (page: Page, name: string) => page.getByRole("button", { name: new RegExp(`^${name}`) });

test("strategies are cards, each with its steps and its words", async ({ open }) => {
  const page = await open("/console/strategies");
  await expect(page.getByRole("heading", { name: "Built in" })).toBeVisible();
  await page
    .getByRole("link", { name: /must-read/ })
    .first()
    .click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("must-read");
  await expect(page.getByText("The same on every deployment, and not to be changed")).toBeVisible();
});

test("a copy is edited by its steps, wrong values are said at their field, and each save is a version", async ({
  open,
}) => {
  const page = await open("/console/strategies/staged-rollout");
  await page.getByRole("link", { name: "Duplicate" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("e2e-rollout");
  await page.getByRole("button", { name: "Keep it" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("e2e-rollout");
  await expect(page.getByText("Version 1").first()).toBeVisible();

  await stepOf(page, "Wave 2").click();
  const share = page.getByRole("textbox", { name: "Goes to" });
  await share.fill("3");
  await expect(page.getByText("More than the wave before: it counts all who had it")).toBeVisible();
  await expect(share).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByRole("button", { name: "Save as version 2" })).toBeDisabled();
  await share.fill("40");
  await expect(stepOf(page, "Wave 2")).toContainText(/40 ?%/);
  await page.getByRole("button", { name: "Save as version 2" }).click();
  await expect(page.getByText("e2e-rollout is saved as version 2.")).toBeVisible();

  await page.getByRole("checkbox", { name: "Compare version 1" }).check();
  await page.getByRole("checkbox", { name: "Compare version 2" }).check();
  await expect(page.getByRole("heading", { name: "From version 1 to 2" })).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "25" }).filter({ hasText: "40" })).toBeVisible();
});

test("the JSON and the steps say the same", async ({ open, service }) => {
  await service.request(await service.admin(), "PUT", "/v1/strategies/e2e-json", { retain: "1d" });
  const page = await open("/console/strategies/e2e-json");
  await page.getByRole("tab", { name: "JSON" }).click();
  const json = page.getByRole("textbox", { name: "The strategy as JSON" });
  await json.fill('{"waves": [{"percent": 20, "then_wait": "5m"}, {"percent": 100}]}');
  await expect(stepOf(page, "Wave 1")).toContainText(/20 ?%/);
  await json.fill('{"waves": 3}');
  await expect(page.getByText(/must be a list/).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Save as version 2" })).toBeDisabled();
});

test("what somebody else saved meanwhile is shown beside mine, and neither is lost", async ({ open, service }) => {
  const admin = await service.admin();
  await service.request(admin, "PUT", "/v1/strategies/e2e-both", { retain: "1d" });
  const page = await open("/console/strategies/e2e-both");
  await stepOf(page, "Keep for those away").click();
  await page.getByRole("textbox", { name: "Keep it for those away" }).fill("2d");
  await service.request(admin, "PUT", "/v1/strategies/e2e-both", { retain: "3d" });
  await page.getByRole("button", { name: "Save as version 2" }).click();
  const conflict = page.getByRole("alert").filter({ hasText: "admin saved version 2 meanwhile" });
  await expect(conflict.getByRole("row").filter({ hasText: "3d" })).toContainText("2d");
  await conflict.getByRole("button", { name: "Save mine as version 3" }).click();
  await expect(page.getByText("e2e-both is saved as version 3.")).toBeVisible();
});
