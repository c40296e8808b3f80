import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.js";

/** Pictures of every page: written to screenshots/, and the README's to docs/images. */
export default defineConfig({
  ...tests,
  testMatch: "**/*.pictures.ts",
  workers: 1,
  retries: 0,
  timeout: 900_000,
  use: {
    ...tests.use,
    trace: "off",
    actionTimeout: 30_000,
    navigationTimeout: 30_000,
    contextOptions: { reducedMotion: "reduce" },
  },
});
