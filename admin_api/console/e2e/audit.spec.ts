import { readFile } from "node:fs/promises";
import { expect, test } from "./fixtures.js";

test("what somebody did is an entry, found by who did it, and saved as CSV", async ({ open, service }) => {
  const auditor = await service.admin("aud,itor");
  await service.request(auditor, "PUT", "/v1/users/mallory/block", { reason: 'said "no", twice', until: null });
  const id = await service.push({ target: "group:nobody", message: "Not in the trail" }, auditor);
  const page = await open("/console/audit");
  await page.getByRole("textbox", { name: "Who" }).fill("aud,itor");
  await page.getByRole("button", { name: "Filter" }).click();
  // Until the filter holds, others are shown too.
  await expect(page.getByRole("row")).toHaveCount(3);
  await expect(page.getByRole("row").filter({ hasText: "user.block" })).toContainText("mallory");
  await expect(page.getByRole("row").filter({ hasText: "push.create" })).toBeVisible();
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export CSV" }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toMatch(/^audit-\d{4}-\d\d-\d\d\.csv$/);
  const lines = (await readFile(await file.path(), "utf8")).trim().split(/\r?\n/);
  expect(lines[0]?.replace(/^\uFEFF/, "")).toBe("id,at,actor,action,subject,detail");
  expect(lines).toHaveLength(3);
  expect(lines.filter(line => line.includes('"aud,itor"'))).toHaveLength(2);
  expect(lines.join("\n")).toContain(id);
  expect(lines.join("\n")).not.toContain("Not in the trail");
});

test("a filter that no entry fits says so", async ({ open }) => {
  const page = await open("/console/audit");
  await page.getByRole("textbox", { name: "Who" }).fill("nobody-at-all");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page.getByText("No entry matches the filter.")).toBeVisible();
});
