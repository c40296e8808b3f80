import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.js";

const textOf = (page: Page) => page.getByRole("textbox", { name: "As text" });

const STAGED = {
  waves: [{ percent: 10, then_wait: "5m" }, { percent: 50, then_wait: "5m" }, { percent: 100 }],
  ack: { need: "read", within: "15m", resend: 1 },
};

/** Fills in a message and a target; the preview is there when this returns. */
async function compose(page: Page, title: string, target: string): Promise<void> {
  await page.getByRole("textbox", { name: "Title" }).fill(title);
  await textOf(page).fill(target);
  await expect(page.getByRole("button", { name: /^Send to [\d,]+ terminals?/ })).toBeEnabled();
}

async function choose(page: Page, strategy: string): Promise<void> {
  await page
    .getByRole("region", { name: "Strategy" })
    .getByRole("button", { name: /^How it is sent|^now$/ })
    .click();
  await page.getByRole("option", { name: new RegExp(`^${strategy} `) }).click();
}

test("the audience as text and as boxes say the same, whichever one edits", async ({ open }) => {
  const page = await open("/console/compose");
  await textOf(page).fill("group:ops and os = windows");
  await expect(page.getByRole("combobox", { name: "Attribute" })).toHaveValue("os");
  await expect(page.getByRole("combobox", { name: "Value" })).toHaveValue("windows");
  await page.getByRole("combobox", { name: "Value" }).fill("linux");
  await expect(textOf(page)).toHaveText("group:ops and os = linux");
  await page.getByRole("button", { name: "Remove the condition" }).first().click();
  await expect(textOf(page)).toHaveText("os = linux");
});

test("the message is shown as a terminal shows it", async ({ open }) => {
  const page = await open("/console/compose");
  await page.getByRole("textbox", { name: "Title" }).fill("Restart at six");
  await page.getByRole("textbox", { name: "Text", exact: true }).fill("Save your work.");
  const card = page.getByRole("figure");
  await expect(card).toContainText("A terminal shows it as a toast");
  await expect(card).toContainText("Restart at six");
  await choose(page, "must-read");
  await expect(card).toContainText("a dialog that stays until it is confirmed");
});

test("a staged strategy is drawn before it is sent, and compared with sending at once", async ({ open, service }) => {
  await service.request(await service.admin(), "PUT", "/v1/strategies/e2e-staged", STAGED);
  const page = await open("/console/compose?strategy=e2e-staged");
  await compose(page, "Update tonight", "all");
  const result = page.getByRole("region", { name: "What it will do" });
  await expect(result.getByRole("region", { name: "Who is meant" })).toContainText(/\d+ are connected/);
  await expect(result.getByRole("region", { name: "Timeline" })).toBeVisible();
  await expect(result.getByRole("list", { name: "Counts by group" })).toContainText("wave 3");
  await result.getByRole("slider", { name: "Moment" }).focus();
  const before = await result.getByRole("slider", { name: "Moment" }).getAttribute("aria-valuetext");
  await page.keyboard.press("ArrowRight");
  await expect(result.getByRole("slider", { name: "Moment" })).not.toHaveAttribute("aria-valuetext", String(before));
  await result.getByRole("button", { name: "What if I sent it at once?" }).click();
  const compared = result.getByRole("region", { name: "Comparison" });
  await expect(compared.getByRole("row", { name: /^now/ })).toBeVisible();
  await expect(compared).toContainText(/now ends .* earlier\./);
});

test("a push to many is confirmed by typing how many, and what was planned is what is sent", async ({ open }) => {
  const page = await open("/console/compose");
  await compose(page, "Lunch is served", "all");
  await page.getByRole("button", { name: /^Send to [\d,]+ terminals/ }).click();
  const dialog = page.getByRole("dialog", { name: "Send this push?" });
  await expect(dialog.getByText(/^Reaches [\d,]+ terminals of [\d,]+ users(, \d+ away)?$/)).toBeVisible();
  await expect(dialog).toContainText("Lunch is served");
  const number = dialog.getByRole("textbox", { name: /^Type [\d,]+ to send it$/ });
  const wanted = /Type ([\d,]+)/.exec((await dialog.textContent()) ?? "")?.[1] ?? "";
  const send = dialog.getByRole("button", { name: `Send to ${wanted} terminals` });
  await number.fill("7");
  await expect(send).toBeDisabled();
  await number.fill(wanted);
  const asked = page.waitForRequest(request => request.method() === "POST" && request.url().endsWith("/v1/pushes"));
  await send.click();
  expect((await asked).postDataJSON()).toMatchObject({ plan: { id: expect.any(String), if_changed: "reject" } });
  await expect(page).toHaveURL(/\/console\/pushes\/[\w-]+$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Lunch is served");
});

test("an audience that changed since is not sent to: who came and who went is shown first", async ({
  open,
  service,
}) => {
  const admin = await service.admin();
  const { items } = (await service.request(admin, "GET", "/v1/terminals?limit=100")) as { items: { user: string }[] };
  const users = [...new Set(items.map(each => each.user))].filter(user => !user.startsWith("kiosks"));
  const member = (method: string, user: string | undefined) =>
    service.request(admin, method, `/v1/groups/night-shift/users/${encodeURIComponent(user ?? "")}`);
  for (const user of users.slice(0, 4)) await member("PUT", user);
  const page = await open("/console/compose");
  await compose(page, "Change of shift", "group:night-shift");
  for (const user of users.slice(4, 8)) await member("PUT", user);
  await member("DELETE", users[0]);
  await page.getByRole("button", { name: /^Send to [\d,]+ terminals?/ }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Send to [\d,]+ terminals?/ })
    .click();
  const changed = page.getByRole("dialog", { name: "The audience has changed" });
  await expect(changed.getByText("Nothing was sent")).toBeVisible();
  await expect(changed.getByText(/^\d+ came$/)).toBeVisible();
  await expect(changed.getByText(/^\d+ went$/)).toBeVisible();
  await expect(changed.getByRole("listitem").filter({ hasText: users[0] ?? "" })).toBeVisible();
  await changed.getByRole("button", { name: "Look again" }).click();
  await page
    .getByRole("dialog", { name: "Send this push?" })
    .getByRole("button", { name: /^Send to / })
    .click();
  await expect(page).toHaveURL(/\/console\/pushes\/[\w-]+$/);
});

test("what is composed is sent to oneself first, and to nobody else", async ({ open, openBeside, service }) => {
  const terminal = await openBeside("/terminal", await service.token({ user: "tester" }));
  await expect(terminal.getByRole("status")).toHaveText("Connected");
  const page = await open("/console/compose", await service.admin("tester"));
  await compose(page, "A first look", "group:tokyo");
  await page.getByRole("button", { name: "Send to me first" }).click();
  await page.getByRole("button", { name: "Send to my 1 terminal" }).click();
  await expect(terminal.getByRole("region", { name: "New messages" })).toContainText("A first look");
  await expect(page.getByRole("textbox", { name: "Title" })).toHaveValue("A first look");
});
