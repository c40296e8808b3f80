import type { Page } from "@playwright/test";
import { expect, overflow, violations } from "./fixtures.js";

interface Look {
  readonly colorScheme: "light" | "dark";
  readonly width: number;
}

export const BOTH_SCHEMES: readonly Look[] = [
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 1280 },
];
/** Both schemes, and both widths. */
const LOOKS: readonly Look[] = [
  ...BOTH_SCHEMES,
  // Colours do not depend on the width, and the layout does not depend on them.
  { colorScheme: "light", width: 390 },
];
export const ON_A_PHONE: readonly Look[] = [
  { colorScheme: "light", width: 390 },
  { colorScheme: "dark", width: 390 },
];

/** The page in each of the looks: nothing that WCAG 2.2 AA forbids, and nothing that scrolls sideways. */
export async function checkLooks(page: Page, looks: readonly Look[] = LOOKS): Promise<void> {
  for (const { colorScheme, width } of looks) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
    const look = `${colorScheme}, ${width} px`;
    await expect.poll(() => overflow(page), { message: `${look}: scrolls sideways` }).toEqual([]);
    // Colours go from one scheme to the other over some frames; what is still wrong after that is wrong.
    await expect
      .poll(() => violations(page), { message: `${look}: what axe finds`, timeout: 60_000, intervals: [200, 1_000] })
      .toEqual([]);
  }
}
