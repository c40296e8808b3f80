import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** The command; another one by FANFARE_COMMAND. */
const FANFARE = process.env["FANFARE_COMMAND"] ?? join(ROOT, ".venv/bin/fanfare");
const run = promisify(execFile);

export const ADMIN_SCOPES = [
  "push:send",
  "push:read",
  "push:approve",
  "terminals:read",
  "terminals:manage",
  "strategies:write",
  "senders:write",
  "audit:read",
] as const;

interface Person {
  readonly user: string;
  readonly groups?: readonly string[];
  readonly attributes?: Readonly<Record<string, string>>;
  readonly scopes?: readonly string[];
  /** How long its token is good for, such as "5s". */
  readonly ttl?: string;
}

/** The service on this machine, with a directory of its own that goes with it. */
export class Service {
  private readonly children: ChildProcess[] = [];
  private readonly tokens = new Map<string, Promise<string>>();

  private constructor(
    readonly url: string,
    readonly wsUrl: string,
    private readonly data: string,
    private server: ChildProcess,
  ) {}

  /** Starts it on free ports, with further options of `fanfare serve`; it listens when this returns. */
  static async start(...options: string[]): Promise<Service> {
    const data = await mkdtemp(join(tmpdir(), "fanfare-console-"));
    const { server, http, ws } = await serve(data, "0", "0", ...options);
    return new Service(http, ws, data, server);
  }

  /** Ends the server, and with it every connection. `again` starts it with the same data, at the same addresses. */
  async halt(): Promise<void> {
    await ended(this.server);
  }

  async again(): Promise<void> {
    const { server } = await serve(this.data, new URL(this.url).port, new URL(this.wsUrl).port);
    this.server = server;
  }

  /** A token for a person, good for an hour unless it says otherwise. Asked again, it is the same one. */
  token(person: Person): Promise<string> {
    const key = JSON.stringify(person);
    const made = person.ttl === undefined ? this.tokens.get(key) : undefined;
    if (made !== undefined) return made;
    const { user, groups = [], attributes = {}, scopes = [], ttl = "1h" } = person;
    const given = ["token", "--data", this.data, "--user", user, "--ttl", ttl];
    for (const group of groups) given.push("--group", group);
    for (const [name, value] of Object.entries(attributes)) given.push("--attr", `${name}=${value}`);
    for (const scope of scopes) given.push("--scope", scope);
    const token = run(FANFARE, given, { cwd: ROOT }).then(({ stdout }) => stdout.trim());
    this.tokens.set(key, token);
    return token;
  }

  /** A token that may do everything. */
  admin(user = "admin"): Promise<string> {
    return this.token({ user, scopes: ADMIN_SCOPES });
  }

  /** Lets a made-up office of so many terminals come in; they are connected when this returns. */
  async office(terminals: number): Promise<void> {
    const given = ["simulate", "--data", this.data, "--terminals", String(terminals), "--rate", "500", "--quiet"];
    this.children.push(spawn(FANFARE, given, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] }));
    const token = await this.admin();
    await until(async () => {
      const stats = (await this.request(token, "GET", "/v1/stats")) as { presence: { connections: number } };
      return stats.presence.connections >= terminals * 0.9;
    });
  }

  /** Sends a push; its id. */
  async push(body: object, token?: string): Promise<string> {
    const sent = await this.request(token ?? (await this.admin()), "POST", "/v1/pushes", body);
    return (sent as { id: string }).id;
  }

  /** Sends a push as it was previewed; its id. */
  async planned(body: object, token: string): Promise<string> {
    const shown = await this.request(token, "POST", "/v1/pushes/preview", body);
    const { id } = (shown as { plan: { id: string } }).plan;
    return await this.push({ plan: { id, if_changed: "send" } }, token);
  }

  /** Asks the REST API; its answer's body. Raises Error for a refusal. */
  async request(token: string, method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body && { "Content-Type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  async stop(): Promise<void> {
    for (const child of [...this.children, this.server]) await ended(child);
    await rm(this.data, { recursive: true, force: true });
  }
}

async function serve(data: string, httpPort: string, wsPort: string, ...options: string[]) {
  const ports = ["--http-port", httpPort, "--ws-port", wsPort];
  const given = ["serve", "--data", data, ...ports, "--log-level", "error", ...options];
  const server = spawn(FANFARE, given, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const { http, ws } = JSON.parse(await firstLine(server)) as { http: string; ws: string };
  return { server, http, ws };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** Asks until it is so. Raises Error after `withinMs`. */
export async function until(isSo: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not so within ${withinMs} ms: ${isSo}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the server's output is not read");
  const lines = createInterface(child.stdout);
  const line = await Promise.race([
    once(lines, "line").then(([text]) => String(text)),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`fanfare serve ended with ${code}`))),
  ]);
  lines.on("line", () => undefined);
  return line;
}
