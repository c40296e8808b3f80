import { expect, test } from "./fixtures.js";
import { Service } from "./service.js";

const MUST_READ = { ack: { need: "read", within: "15m" } };

test("without a token the terminal page asks to be a terminal", async ({ page, service }) => {
  await page.goto(`${service.url}/terminal`);
  await expect(page.getByRole("heading", { name: "Be a terminal" })).toBeVisible();
});

test("a push comes up as a toast, can be put away, and stays in the history", async ({ open, service }) => {
  const page = await open("/terminal", await service.token({ user: "toasted" }));
  await expect(page.getByRole("status")).toHaveText("Connected");
  await service.push({ target: "user:toasted", message: { title: "Lunch is served", body: "In the big hall." } });
  const toasts = page.getByRole("region", { name: "New messages" });
  await expect(toasts).toContainText("Lunch is served");
  await toasts.getByRole("button", { name: "Put away" }).click();
  await expect(toasts).not.toContainText("Lunch is served");
  await page.reload();
  await expect(page.getByRole("status")).toHaveText("Connected");
  await expect(page.getByRole("listitem").filter({ hasText: "Lunch is served" })).toContainText("Shown");
});

test("a message that must be read stays until it is confirmed, over a reload as well", async ({ open, service }) => {
  const page = await open("/terminal", await service.token({ user: "careful" }));
  await expect(page.getByRole("status")).toHaveText("Connected");
  await service.push({ target: "user:careful", message: { title: "Read this" }, strategy: MUST_READ });
  const dialog = page.getByRole("dialog", { name: "Please confirm" });
  await expect(dialog).toContainText("Read this");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeVisible();
  await expect(page).toHaveTitle("(1) Terminal");
  await page.reload();
  await dialog.getByRole("button", { name: "I have read this" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("listitem").filter({ hasText: "Read this" })).toContainText("Confirmed");
});

test("what was missed while the page was closed is there when it comes back", async ({ open, service }) => {
  const token = await service.token({ user: "late" });
  const page = await open("/terminal", token);
  await expect(page.getByRole("status")).toHaveText("Connected");
  await page.goto("about:blank");
  await service.push({ target: "user:late", message: { title: "While you were out" } });
  await page.goto(`${service.url}/terminal`);
  const item = page.getByRole("listitem").filter({ hasText: "While you were out" });
  await expect(item).toContainText("came later: this terminal was away");
});

test("a hidden page tells the system, which is shown the message and lets it go when it is recalled", async ({
  context,
  openBeside,
  service,
}) => {
  await context.grantPermissions(["notifications"], { origin: service.url });
  await context.addInitScript(() => {
    const told: { title: string; body: string; closed: boolean }[] = [];
    Object.assign(window, { told });
    class Notice extends EventTarget {
      static readonly permission = "granted";
      private readonly kept: (typeof told)[number];
      constructor(title: string, options: NotificationOptions) {
        super();
        this.kept = { title, body: options.body ?? "", closed: false };
        told.push(this.kept);
      }
      close() {
        this.kept.closed = true;
      }
    }
    Object.defineProperty(window, "Notification", { value: Notice });
    Object.defineProperty(document, "hidden", { get: () => sessionStorage.getItem("e2e.hidden") === "yes" });
  });
  const page = await openBeside("/terminal", await service.token({ user: "elsewhere" }));
  await expect(page.getByText("Notices of the system are on.")).toBeVisible();
  await expect(page.getByRole("status")).toHaveText("Connected");
  const told = () => page.evaluate(() => (window as unknown as { told: unknown[] }).told);
  await service.push({ target: "user:elsewhere", message: { title: "Seen at once" } });
  await expect(page.getByRole("region", { name: "New messages" })).toContainText("Seen at once");
  expect(await told()).toEqual([]);
  await page.evaluate(() => sessionStorage.setItem("e2e.hidden", "yes"));
  const id = await service.push({ target: "user:elsewhere", message: { title: "Come back", body: "Please." } });
  await expect.poll(told).toEqual([{ title: "Come back", body: "Please.", closed: false }]);
  await service.request(await service.admin(), "POST", `/v1/pushes/${id}/cancel`, {});
  await expect.poll(told).toEqual([{ title: "Come back", body: "Please.", closed: true }]);
});

test("a page that loses the network notices, comes back when the network does, and misses nothing", async ({
  context,
  page,
  open,
  service,
}) => {
  // The browser leaves an open WebSocket alone when it goes offline; a network that is gone carries nothing on it.
  let isCut = false;
  await page.routeWebSocket(/./, socket => {
    if (isCut) return void socket.close();
    const server = socket.connectToServer();
    socket.onMessage(frame => (isCut ? undefined : server.send(frame)));
    server.onMessage(frame => (isCut ? undefined : socket.send(frame)));
  });
  await page.clock.install();
  await open("/terminal", await service.token({ user: "roaming" }));
  const light = page.getByRole("status");
  await expect(light).toHaveText("Connected");
  // What it has had tells it from where on to ask.
  await service.push({ target: "user:roaming", message: { title: "At the station" } });
  await expect(page.getByRole("listitem").filter({ hasText: "At the station" })).toHaveCount(1);
  // Long enough for it to be in doubt whether the connection still carries anything.
  await page.clock.fastForward(8_000);
  isCut = true;
  await context.setOffline(true);
  await page.clock.fastForward(20_000);
  await expect(light).toContainText("Trying again in");
  await service.push({ target: "user:roaming", message: { title: "In the tunnel" } });
  isCut = false;
  await context.setOffline(false);
  await expect(light).toHaveText("Connected");
  await expect(page.getByRole("listitem").filter({ hasText: "In the tunnel" })).toHaveCount(1);
});

test("a terminal comes back after the service was restarted", async ({ page }) => {
  const service = await Service.start();
  try {
    await page.goto(`${service.url}/terminal#token=${await service.token({ user: "patient" })}`);
    await expect(page.getByRole("status")).toHaveText("Connected");
    await service.halt();
    await expect(page.getByRole("status")).not.toHaveText("Connected");
    await service.again();
    await expect(page.getByRole("status")).toHaveText("Connected", { timeout: 45_000 });
    await service.push({ target: "all", message: { title: "We are back" } });
    await expect(page.getByRole("region", { name: "New messages" })).toContainText("We are back");
  } finally {
    await service.stop();
  }
});
