import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "@playwright/test";
import { expect, test } from "./fixtures.js";
import { Service, until } from "./service.js";

const HERE = fileURLToPath(new URL("../screenshots/", import.meta.url));
const README = fileURLToPath(new URL("../../../docs/images/", import.meta.url));

const OFFICE = 300;
const HALT = { failed_over: 0.1, gone_over: 0.3, at_least: 5 };
const STRATEGIES = {
  "staged-must-read": {
    waves: [
      { percent: 10, then_wait: "20s", halt_if: HALT },
      { percent: 50, then_wait: "10m", halt_if: HALT },
      { percent: 100 },
    ],
    ack: {
      need: "read",
      within: "15m",
      resend: 1,
      once_per_user: true,
      escalate: { target: { groups: ["oncall"] }, message: { title: "Not everybody has read it" } },
    },
  },
  "follow-the-day": {
    window: { timezone: "attr:tz", days: ["mon", "tue", "wed", "thu", "fri"], from: "09:00", to: "18:00" },
    waves: [{ percent: 10, then_wait: "30m", halt_if: HALT }, { percent: 100 }],
    pace: { per_second: 20 },
    ack: { need: "read", within: "2h", resend: 2, once_per_user: true },
    retain: "3d",
  },
  "kiosk-update": {
    waves: [{ percent: 60, then_wait: "10s", halt_if: { failed_over: 0.02, at_least: 5 } }, { percent: 100 }],
    receipts: "each",
  },
} as const;

interface Look {
  readonly scheme: "light" | "dark";
  readonly language: "en" | "zh-CN";
  readonly width: number;
}

const WIDE_LIGHT: Look = { scheme: "light", language: "en", width: 1280 };
/** Every page is pictured in each of these. */
const LOOKS: readonly Look[] = [
  WIDE_LIGHT,
  { ...WIDE_LIGHT, scheme: "dark" },
  { ...WIDE_LIGHT, language: "zh-CN" },
  { ...WIDE_LIGHT, width: 390 },
  { scheme: "dark", language: "zh-CN", width: 390 },
];

/** The service with an office at work: pushes that are over, under way, halted and waiting for a second person. */
class Stage {
  private constructor(
    readonly service: Service,
    readonly admin: string,
    readonly pushes: {
      readonly live: string;
      readonly halted: string;
      readonly awaiting: string;
      readonly done: string;
    },
  ) {}

  static async set(): Promise<Stage> {
    const service = await Service.start();
    await service.office(OFFICE);
    const admin = await service.admin("it-operations");
    for (const [name, strategy] of Object.entries(STRATEGIES)) {
      await service.request(admin, "PUT", `/v1/strategies/${name}`, strategy);
    }
    const longer = { ...STRATEGIES["kiosk-update"], retain: "3d" };
    await service.request(admin, "PUT", "/v1/strategies/kiosk-update", longer);
    await service.request(admin, "PUT", "/v1/senders/reception", { approve_over: 50, per_minute: 10 });
    await service.request(admin, "PUT", "/v1/users/mallory/block", { reason: "The laptop was stolen", until: null });
    const reception = await service.token({ user: "reception", scopes: ["push:send"] });
    const facilities = await service.token({ user: "facilities", scopes: ["push:send"] });
    const done = await service.planned(
      {
        target: "all",
        message: { title: "Good morning", body: "The lifts in all buildings are back in service." },
        strategy: { receipts: "each" },
      },
      facilities,
    );
    const halted = await service.planned(
      {
        target: "group:kiosks",
        message: { title: "Load configuration 41", body: "New opening hours on the start page." },
        strategy: { name: "kiosk-update" },
      },
      facilities,
    );
    const awaiting = await service.planned(
      {
        target: "all",
        message: { title: "Fire drill at three", body: "Leave the building by the nearest stairs.", level: "critical" },
        strategy: { name: "must-read" },
      },
      reception,
    );
    const live = await service.planned(
      {
        target: "(group:tokyo or group:berlin or group:austin) and not kind = kiosk",
        message: {
          title: "Restart tonight",
          body: "Save your work before 20:00. Your PC is restarted for an update.",
          level: "warning",
          url: "https://intranet.example/updates",
          url_label: "What is new",
        },
        strategy: { name: "staged-must-read" },
      },
      admin,
    );
    const stage = new Stage(service, admin, { live, halted, awaiting, done });
    await stage.until(halted, push => push.state === "halted");
    // In its second wave, half of which has been read.
    await stage.until(live, ({ counts }) => counts.targeted > 40 && counts.read > counts.targeted / 2);
    return stage;
  }

  private async until(id: string, isSo: (push: PushNow) => boolean): Promise<void> {
    await until(
      async () => isSo((await this.service.request(this.admin, "GET", `/v1/pushes/${id}`)) as PushNow),
      120_000,
    );
  }

  /** A tab of its own that looks so, at a path of the console. */
  async page(browser: Browser, look: Look, path: string, token = this.admin): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: look.width, height: look.width < 600 ? 844 : 800 },
      colorScheme: look.scheme,
      locale: look.language === "en" ? "en-GB" : "zh-CN",
      timezoneId: "Europe/Berlin",
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    await page.goto(`${this.service.url}${path}#token=${token}`);
    // Only a token that was taken is kept for the next page.
    await page.locator("nav, [data-is=connected], [role=alert]").first().waitFor({ state: "attached" });
    return page;
  }
}

interface PushNow {
  readonly state: string;
  readonly counts: { readonly targeted: number; readonly read: number };
}

/** Nothing is loading any more, and what was drawn stands still. */
async function settled(page: Page): Promise<void> {
  await expect(page.locator("main").first()).toBeVisible();
  await expect(page.locator(".mantine-Loader-root, [class*=Loader]")).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
  await page.waitForLoadState("networkidle").catch(() => undefined);
}

async function picture(page: Page, name: string, look: Look, fullPage = true): Promise<void> {
  const file = [name, look.language, look.scheme, look.width].join("-");
  const { width, height } = page.viewportSize() ?? { width: 1280, height: 800 };
  // What stands at the side or the foot of the window would stand in the middle of a page that is put together.
  const tall = fullPage ? await page.evaluate(() => document.documentElement.scrollHeight) : height;
  await page.setViewportSize({ width, height: Math.max(height, tall) });
  await settled(page);
  await page.screenshot({ path: `${HERE}${file}.png` });
  await page.setViewportSize({ width, height });
}

const draft = (page: Page, title: string, body: string, target: string) =>
  page.evaluate(
    ([title, body, target]) => {
      const message = { as: "form", title, body, level: "warning", url: "", urlLabel: "", json: "" };
      const when = { is: "now" };
      const strategy = { name: "follow-the-day", changes: {} };
      sessionStorage.setItem(
        "fanfare.draft.it-operations",
        JSON.stringify({ draft: { message, target, strategy, when, compared: "now" }, intent: null }),
      );
    },
    [title, body, target] as const,
  );

test("pictures of every page", async ({ browser }) => {
  await mkdir(HERE, { recursive: true });
  await mkdir(README, { recursive: true });
  const stage = await Stage.set();
  try {
    await pictureOfReadme(stage, browser);
    for (const look of LOOKS) await picturesOf(stage, browser, look);
  } finally {
    await stage.service.stop();
  }
});

async function picturesOf(stage: Stage, browser: Browser, look: Look): Promise<void> {
  const { pushes, service } = stage;
  const plain: readonly (readonly [string, string])[] = [
    ["overview", "/console/"],
    ["terminals", "/console/terminals"],
    ["terminals-filtered", "/console/terminals?target=group%3Atokyo+and+os+%3D+windows"],
    ["pushes", "/console/pushes"],
    ["push-live", `/console/pushes/${pushes.live}`],
    ["push-halted", `/console/pushes/${pushes.halted}`],
    ["push-awaiting", `/console/pushes/${pushes.awaiting}`],
    ["push-done", `/console/pushes/${pushes.done}`],
    ["strategies", "/console/strategies"],
    ["strategy", "/console/strategies/staged-must-read"],
    ["strategy-versions", "/console/strategies/kiosk-update"],
    ["audit", "/console/audit"],
    ["settings", "/console/settings"],
    ["missing", "/console/no-such-page"],
  ];
  const page = await stage.page(browser, look, "/console/");
  for (const [name, path] of plain) {
    await page.goto(`${service.url}${path}`);
    await settled(page);
    await picture(page, name, look);
  }
  await page.goto(`${service.url}/console/terminals?target=group%3Atokyo`);
  await page.getByRole("table").getByRole("button").first().click();
  await page.getByRole("dialog").getByRole("heading", { level: 2 }).first().waitFor();
  await settled(page);
  await picture(page, "terminal-drawer", look, false);

  await page.goto(`${service.url}/console/pushes/${pushes.live}`);
  await page.getByRole("table").getByRole("button").first().click();
  await page.getByRole("dialog").getByRole("listitem").first().waitFor();
  await settled(page);
  await picture(page, "push-explain", look, false);

  await page.goto(`${service.url}/console/strategies/staged-must-read`);
  await page.locator(".react-flow__node").nth(1).click();
  await settled(page);
  await picture(page, "strategy-editor", look);

  await draft(
    page,
    "Restart tonight",
    "Save your work before 20:00.",
    "not kind = kiosk and (group:ops or group:sales)",
  );
  await page.goto(`${service.url}/console/compose`);
  await page.locator("canvas").first().waitFor();
  await settled(page);
  await picture(page, "compose", look);
  await page.keyboard.press("Control+Enter");
  await page.getByRole("dialog").waitFor();
  await picture(page, "compose-confirm", look, false);
  await page.context().close();

  const out = await stage.page(browser, look, "/console/", "none");
  await picture(out, "sign-in", look);
  await out.context().close();

  const user = `visitor-${LOOKS.indexOf(look)}`;
  const terminal = await stage.page(browser, look, "/terminal", await service.token({ user }));
  await picture(terminal, "terminal-empty", look);
  await service.push({ target: `user:${user}`, message: { title: "Lunch is served", body: "In the big hall." } });
  await service.push({
    target: `user:${user}`,
    message: { title: "Door 4 is closed", body: "Please use door 2.", level: "critical" },
  });
  await terminal.getByRole("listitem").nth(1).waitFor();
  await picture(terminal, "terminal-toasts", look, false);
  await service.push({
    target: `user:${user}`,
    message: { title: "Restart tonight", body: "Save your work before 20:00.", level: "warning" },
    strategy: { ack: { need: "read", within: "15m" } },
  });
  await terminal.getByRole("dialog").waitFor();
  await picture(terminal, "terminal-must-read", look, false);
  await terminal.context().close();
}

/** The first thing that a reader of the README sees: a staged push under way. */
async function pictureOfReadme(stage: Stage, browser: Browser): Promise<void> {
  for (const scheme of ["light", "dark"] as const) {
    const page = await stage.page(browser, { ...WIDE_LIGHT, scheme }, `/console/pushes/${stage.pushes.live}`);
    await page.locator("canvas").first().waitFor();
    await settled(page);
    await page.screenshot({ path: `${README}${scheme === "light" ? "console" : "console-dark"}.png` });
    await page.context().close();
  }
}
