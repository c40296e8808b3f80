import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { firstLoad } from "./build/first_load.ts";
import { themeVariables } from "./build/theme_variables.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Where `npm run dev` finds the service. */
const SERVICE = process.env["FANFARE_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  // The service writes a <base> into the pages, since on AWS a stage stands before the path.
  base: "./",
  plugins: [react(), themeVariables(), firstLoad(400 * 1024)],
  resolve: { alias: { "@fanfare/terminal": here("../../clients/js/src/index.ts") } },
  build: {
    target: "es2022",
    // Everything is a file of its own: the content security policy knows no inline data but images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_200,
    rolldownOptions: { input: { console: here("index.html"), terminal: here("terminal.html") } },
  },
  server: { proxy: { "/v1": SERVICE, "/console/config.json": SERVICE } },
  test: {
    // Typing as a person types is slow where two cores do it beside other work.
    testTimeout: 30_000,
    // A page's imports take longer than its tests; they are the same in every file, which leaves nothing behind.
    isolate: false,
    css: false,
    projects: [
      { extends: true, test: { name: "plain", environment: "node", include: ["src/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "page",
          environment: "jsdom",
          setupFiles: ["src/test_setup.ts"],
          include: ["src/**/*.test.tsx"],
        },
      },
    ],
  },
});
