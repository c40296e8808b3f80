import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base, expect } from "./fixtures.js";
import { IdentityProvider } from "./identity_provider.js";
import { Service } from "./service.js";

interface Company {
  readonly provider: IdentityProvider;
  readonly company: Service;
}

/** A service whose people sign in at an identity provider. */
const test = base.extend<Company>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs here
  provider: async ({}, use) => {
    const provider = await IdentityProvider.start();
    await use(provider);
    provider.stop();
  },
  company: async ({ provider }, use) => {
    const place = await mkdtemp(join(tmpdir(), "fanfare-oidc-"));
    const settings = join(place, "fanfare.toml");
    await writeFile(
      settings,
      `[console]\noidc_authority = "${provider.authority}"\noidc_client_id = "fanfare-console"\n`,
    );
    const service = await Service.start("--settings", settings);
    await use(service);
    await service.stop();
    await rm(place, { recursive: true });
  },
});

test("who signs in at the company's identity provider comes back to the page they wanted", async ({
  page,
  provider,
  company,
}) => {
  provider.accessToken = await company.admin("olivia");
  await page.goto(`${company.url}/console/strategies`);
  await page.getByRole("button", { name: "Sign in with your company account" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Strategies" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Signed in as olivia" })).toBeVisible();
  expect(new URL(page.url()).search).toBe("");
});

test("who is not let in there is told so, and can try again", async ({ page, provider, company }) => {
  provider.denies = true;
  await page.goto(`${company.url}/console/`);
  await page.getByRole("button", { name: "Sign in with your company account" }).click();
  await expect(page.getByRole("alert")).toContainText("access_denied");
  await expect(page.getByRole("button", { name: "Sign in with your company account" })).toBeVisible();
});
