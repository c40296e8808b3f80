import { expect, test } from "./fixtures.js";

test("keys lead to pages, to the filter, to a new push, and list themselves", async ({ open }) => {
  const page = await open("/console/");
  const title = page.getByRole("heading", { level: 1 });
  await expect(title).toHaveText("Overview");
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await expect(title).toHaveText("Strategies");
  await page.keyboard.press("n");
  await expect(title).toHaveText("New push");
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await expect(title).toHaveText("Terminals");
  const filter = page.getByRole("textbox", { name: "Filter of terminals" });
  await expect(filter).toBeVisible();
  await page.keyboard.press("/");
  await expect(filter).toBeFocused();
  await page.keyboard.type("n?");
  await expect(filter).toHaveText("n?");
  await title.click();
  await page.keyboard.press("?");
  const list = page.getByRole("dialog", { name: "Keys" });
  await expect(list.getByRole("row").filter({ hasText: "Audit" })).toContainText("ga");
  await page.keyboard.press("Escape");
  await expect(list).toBeHidden();
});

test("the keyboard alone skips the menu and goes through it", async ({ open }) => {
  const page = await open("/console/settings");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Settings");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Settings");
});

test("the console speaks Chinese where one chooses it, and keeps to it", async ({ open }) => {
  const page = await open("/console/pushes");
  await page.getByRole("button", { name: /^Signed in as/ }).click();
  await page.getByRole("combobox", { name: "Language" }).selectOption("简体中文");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("推送计划");
  await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("推送计划");
  for (const name of ["总览", "终端", "新建推送", "推送策略", "审计", "设置"]) {
    await page.getByRole("link", { name, exact: true }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
  }
});

test("dark is chosen for all pages, or follows the system", async ({ open }) => {
  const page = await open("/console/");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.getByRole("button", { name: /^Signed in as/ }).click();
  const light = await ground();
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(ground).not.toBe(light);
  const dark = await ground();
  await page.getByRole("combobox", { name: "Appearance" }).selectOption("Light");
  await expect.poll(ground).toBe(light);
  await page.getByRole("combobox", { name: "Appearance" }).selectOption("Dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.reload();
  await expect.poll(ground).toBe(dark);
});

test("on a phone the menu opens and closes when one goes somewhere", async ({ open, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open("/console/");
  const menu = page.getByRole("navigation", { name: "Pages" });
  await expect(menu.getByRole("link", { name: "Audit" })).toBeHidden();
  await page.getByRole("button", { name: "Open the menu" }).click();
  await menu.getByRole("link", { name: "Audit" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Audit");
  await expect(menu.getByRole("link", { name: "Audit" })).toBeHidden();
});

test("the overview says who is connected, what is in flight, and follows it", async ({ open, service }) => {
  const page = await open("/console/");
  const push = await service.push({
    target: "group:tokyo",
    message: { title: "Slowly now" },
    strategy: { waves: [{ percent: 20, then_wait: "15m" }, { percent: 100 }] },
  });
  await expect(page.getByRole("region", { name: "Pushes in flight" })).toContainText("Slowly now");
  const connected = page.getByText("Connected now").locator("..");
  await expect(connected).toContainText(/1[01]\d|12\d/);
  await service.request(await service.admin(), "POST", `/v1/pushes/${push}/cancel`, {});
  await expect(page.getByRole("region", { name: "Pushes in flight" })).not.toContainText("Slowly now");
});
