import { expect, test } from "./fixtures.js";
// What opens over a page is as narrow on a phone as the page, which is looked at elsewhere.
import { BOTH_SCHEMES, checkLooks } from "./looks.js";

const STAGED = { waves: [{ percent: 20, then_wait: "15m" }, { percent: 100 }] };

test("the questions before a push is halted or recalled", async ({ open, service }) => {
  const id = await service.push({ target: "all", message: { title: "New version" }, strategy: STAGED });
  const page = await open(`/console/pushes/${id}`);
  for (const name of ["Halt", "Cancel and recall"]) {
    await page.getByRole("button", { name, exact: true }).click();
    await expect(page.getByRole("dialog").getByRole("textbox", { name: "Reason" })).toBeVisible();
    await checkLooks(page, BOTH_SCHEMES);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  }
});

test("the questions before a terminal is closed or its user blocked", async ({ open }) => {
  const page = await open("/console/terminals?target=group:tokyo");
  await page
    .getByRole("button", { name: /^Look at / })
    .first()
    .click();
  for (const name of ["Close …", "Block …"]) {
    await page.getByRole("button", { name }).click();
    await expect(page.getByRole("dialog")).toHaveCount(2);
    await checkLooks(page, BOTH_SCHEMES);
    await page.keyboard.press("Escape");
    // It leaves the terminal open that it stood over.
    await expect(page.getByRole("heading", { name: "Last pushes" })).toBeVisible();
    await expect(page.getByRole("dialog")).toHaveCount(1);
  }
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("a sender's limits", async ({ open }) => {
  const page = await open("/console/settings");
  await page.getByRole("button", { name: "Hold a sender to limits" }).click();
  await expect(page.getByRole("dialog").getByRole("textbox", { name: "Sender" })).toBeVisible();
  await checkLooks(page, BOTH_SCHEMES);
});

test("what the filter offers to complete", async ({ open }) => {
  const page = await open("/console/terminals");
  await page.getByRole("textbox", { name: "Filter of terminals" }).pressSequentially("group:");
  await expect(page.getByRole("option").first()).toBeVisible();
  await checkLooks(page, BOTH_SCHEMES);
});

test("a strategy as JSON, with a fault, and two of its versions side by side", async ({ open, service }) => {
  const admin = await service.admin();
  await service.request(admin, "PUT", "/v1/strategies/e2e-compared", STAGED);
  await service.request(admin, "PUT", "/v1/strategies/e2e-compared", { ...STAGED, retain: "2d" });
  const page = await open("/console/strategies/e2e-compared");
  for (const version of [1, 2]) await page.getByRole("checkbox", { name: `Compare version ${version}` }).check();
  await expect(page.getByRole("heading", { name: "From version 1 to 2" })).toBeVisible();
  await page.getByRole("tab", { name: "JSON" }).click();
  await page.getByRole("textbox", { name: "The strategy as JSON" }).fill('{"retain": "soon"}');
  await expect(page.getByRole("list", { name: "What is wrong" })).toBeVisible();
  await checkLooks(page, BOTH_SCHEMES);
});

test("a message as JSON", async ({ open }) => {
  const page = await open("/console/compose");
  await page.getByRole("radiogroup").getByText("JSON", { exact: true }).first().click();
  await expect(page.getByRole("textbox", { name: /JSON/ }).first()).toBeVisible();
  await checkLooks(page, BOTH_SCHEMES);
});

test("the question before a strategy is deleted", async ({ open, service }) => {
  await service.request(await service.admin(), "PUT", "/v1/strategies/e2e-deleted", STAGED);
  const page = await open("/console/strategies/e2e-deleted");
  await page.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("dialog").getByRole("button", { name: /^Delete/ })).toBeVisible();
  await checkLooks(page, BOTH_SCHEMES);
});

test("a push that awaits approval, and the question before it is rejected", async ({ open, service }) => {
  await service.request(await service.admin(), "PUT", "/v1/senders/looked-through", { approve_over: 1 });
  const sender = await service.token({ user: "looked-through", scopes: ["push:send"] });
  const id = await service.push({ target: "all", message: { title: "Fire drill" } }, sender);
  const page = await open(`/console/pushes/${id}`);
  await page.getByRole("button", { name: "Reject" }).click();
  await expect(page.getByRole("dialog").getByRole("textbox", { name: "Reason" })).toBeVisible();
  await checkLooks(page, BOTH_SCHEMES);
});

test("a strategy that is changed for one push, and the question before it is sent to oneself", async ({ open }) => {
  const page = await open("/console/compose?strategy=must-read&target=group:ops");
  await page.getByRole("textbox", { name: "Title" }).fill("Restart tonight");
  await page.getByRole("button", { name: "Change for this push" }).click();
  await expect(page.getByRole("dialog").getByRole("button", { name: /^Deliver/ })).toBeVisible();
  await checkLooks(page, BOTH_SCHEMES);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await page.getByRole("button", { name: "Send to me first" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await checkLooks(page, BOTH_SCHEMES);
});
