import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test as base, expect, type Page } from "@playwright/test";
import { Service } from "./service.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Fixtures {
  /** Fails the test when a page breaks the security policy, throws, or logs an error. */
  readonly clean: undefined;
  /** Opens a page of the console as somebody who may do everything. */
  readonly open: (path: string, token?: string) => Promise<Page>;
}

interface WorkerFixtures {
  /** The service of this worker, with an office of 60 terminals. */
  readonly service: Service;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  service: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs here
    async ({}, use) => {
      const service = await Service.start();
      await service.office(60);
      await use(service);
      await service.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  clean: [
    async ({ page }, use) => {
      const faults: string[] = [];
      page.on("pageerror", error => faults.push(String(error)));
      page.on("console", line => {
        // The browser itself logs every refusal of the API; pages show those to people.
        if (line.type() === "error" && !/^Failed to load resource/.test(line.text())) faults.push(line.text());
      });
      await use(undefined);
      expect(faults).toEqual([]);
    },
    { auto: true },
  ],
  open: async ({ page, service }, use) => {
    await use(async (path, token) => {
      const given = token ?? (await service.admin());
      await page.goto(`${service.url}${path}#token=${given}`);
      return page;
    });
  },
});

export { expect } from "@playwright/test";

/** What axe finds against WCAG 2.2 AA on the page as it is: nothing, or a readable list. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    // biome-ignore lint/suspicious/noExplicitAny: axe puts itself into the page
    const result = await (window as any).axe.run(document, { runOnly: { type: "tag", values: tags } });
    return result.violations.flatMap(
      (found: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }) =>
        found.nodes.map(node => `${found.id}: ${found.help}\n  ${node.html.slice(0, 300)}\n  ${node.failureSummary}`),
    );
  });
}
