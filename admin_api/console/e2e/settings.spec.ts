import { expect, test } from "./fixtures.js";

test("settings say how the service is set up and how it is, and never a secret", async ({ open, service }) => {
  const page = await open("/console/settings");
  await expect(page.getByText("on one machine")).toBeVisible();
  await expect(page.getByText(/^Well: storage answers/)).toBeVisible();
  await expect(page.getByText(service.wsUrl).first()).toBeVisible();
  await expect(page.getByText("above 100 terminals")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Issuers and keys" })).toBeVisible();
});

test("a sender is held to limits, and freed again", async ({ open, service }) => {
  const page = await open("/console/settings");
  await page.getByRole("button", { name: "Hold a sender to limits" }).click();
  const form = page.getByRole("dialog");
  await form.getByRole("textbox", { name: "Sender" }).fill("kiosk-team");
  await form.getByRole("textbox", { name: "May reach" }).fill("group:kiosks");
  await form.getByRole("textbox", { name: "Most terminals" }).fill("40");
  await form.getByRole("button", { name: "Save" }).click();
  const row = page.getByRole("row").filter({ hasText: "kiosk-team" });
  await expect(row).toContainText("group:kiosks");
  const sender = await service.token({ user: "kiosk-team", scopes: ["push:send"] });
  await expect(service.push({ target: "group:tokyo", message: "Not yours" }, sender)).resolves.toEqual(
    expect.any(String),
  );
  await row.getByRole("button", { name: "Hold kiosk-team to nothing" }).click();
  await expect(row).toHaveCount(0);
});
