import { defineConfig } from "@playwright/test";

/** Debian's Chromium (`make system-packages`); another one by FANFARE_CHROMIUM. */
export const CHROMIUM = process.env["FANFARE_CHROMIUM"] ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  // Each worker has a service of its own; two fit a small machine.
  workers: 2,
  fullyParallel: false,
  forbidOnly: process.env["CI"] !== undefined,
  // On a small machine that does other work too a page with axe in it takes a while.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    // A trace slows each test by a quarter, also one that passes; of one that fails `--trace on` makes it.
    trace: "off",
    screenshot: "only-on-failure",
    launchOptions: { executablePath: CHROMIUM, args: ["--no-sandbox"] },
  },
});
