import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test as base, expect, type Page } from "@playwright/test";
import { Service } from "./service.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How many terminals the office has: more than are sent to without typing how many. */
export const OFFICE = 120;

interface Fixtures {
  /** Fails the test when a page breaks the security policy, throws, or logs an error. */
  readonly clean: undefined;
  /** Opens a page of the console as somebody who may do everything. */
  readonly open: (path: string, token?: string) => Promise<Page>;
  /** The same in a tab of its own, which shares nothing but what is chosen for all tabs. */
  readonly openBeside: (path: string, token?: string) => Promise<Page>;
}

interface WorkerFixtures {
  /** The service of this worker, with its office. */
  readonly service: Service;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  service: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs here
    async ({}, use) => {
      const service = await Service.start();
      await service.office(OFFICE);
      await use(service);
      await service.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  clean: [
    async ({ context }, use) => {
      const faults: string[] = [];
      context.on("weberror", ({ error }) => faults.push(String(error())));
      context.on("console", line => {
        // The browser itself logs each refusal of the API and each lost connection; pages show those to people.
        const isItsOwn = /^Failed to load resource|^WebSocket connection to/.test(line.text());
        if (line.type() === "error" && !isItsOwn) faults.push(line.text());
      });
      await use(undefined);
      expect(faults, "what the pages logged or threw").toEqual([]);
    },
    { auto: true },
  ],
  open: async ({ page, service }, use) => {
    await use((path, token) => openIn(page, service, path, token));
  },
  openBeside: async ({ context, service }, use) => {
    await use(async (path, token) => openIn(await context.newPage(), service, path, token));
  },
});

export { expect } from "@playwright/test";

async function openIn(page: Page, service: Service, path: string, token?: string): Promise<Page> {
  await page.goto(`${service.url}${path}#token=${token ?? (await service.admin())}`);
  return page;
}

/** What axe finds against WCAG 2.2 AA on the page as it is: nothing, or a readable list. */
export async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
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

/** What stands out beyond the right edge of a page that scrolls sideways; nothing where it does not. */
export function overflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    // What stands in something that scrolls by itself makes no page wide.
    const scrolls = (element: Element | null): boolean =>
      element !== null && (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
    const wide = [...document.querySelectorAll("body *")].filter(
      element => element.getBoundingClientRect().right > root.clientWidth + 0.5 && !scrolls(element.parentElement),
    );
    return [
      `the page is ${root.scrollWidth} px wide in ${root.clientWidth} px`,
      ...wide.slice(0, 8).map(element => `  ${(element.cloneNode() as Element).outerHTML.slice(0, 160)}`),
    ];
  });
}
