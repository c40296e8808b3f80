import { expect, test } from "./fixtures.js";

test("a link with a token signs in, and the token leaves the address", async ({ open }) => {
  const page = await open("/console/");
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  expect(page.url()).not.toContain("token");
});

test("a pasted token signs in; signing out forgets it", async ({ page, service }) => {
  await page.goto(`${service.url}/console/`);
  await page.getByLabel("Token", { exact: true }).fill(await service.admin("olivia"));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Signed in as olivia" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to Fanfare" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Sign in to Fanfare" })).toBeVisible();
});

test("a token that the service does not take is refused in its words", async ({ page, service }) => {
  await page.goto(`${service.url}/console/`);
  const token = await service.admin();
  await page.getByLabel("Token", { exact: true }).fill(`${token.slice(0, -4)}AAAA`);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("signature");
});

test("a token that ends while one looks leads back to the sign-in page, which says so", async ({ open }) => {
  const page = await open("/console/settings");
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
  // What the service answers from now on is what it answers once a token has ended.
  const ended = { type: "/errors#token_expired", title: "Token expired", status: 401, code: "token_expired" };
  await page.route("**/v1/**", route =>
    route.fulfill({
      status: 401,
      contentType: "application/problem+json",
      body: JSON.stringify({ ...ended, detail: "The token has expired. Get a new one." }),
    }),
  );
  await expect(page.getByRole("heading", { name: "Sign in to Fanfare" })).toBeVisible();
  await expect(page.getByRole("alert")).toContainText("Your session has ended");
});

test("scopes decide what is shown", async ({ open, service }) => {
  const token = await service.token({ user: "viewer", scopes: ["terminals:read"] });
  const page = await open("/console/", token);
  await expect(page.getByRole("link", { name: "Terminals", exact: true })).toBeVisible();
  await expect(page.getByRole("link", { name: "New push" })).toHaveCount(0);
  await page.goto(`${service.url}/console/compose`);
  await expect(page.getByText("push:send")).toBeVisible();
});
