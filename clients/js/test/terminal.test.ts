/** What the shared scenarios do not speak of: pages, tickets of the application, stores, and real sockets. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { WebSocketServer, WebSocket as Ws } from "ws";

import { type Options, type Push, Refused, type Signal, Terminal, webStorage } from "../src/index.js";
import { jsonFile } from "../src/node.js";
import { FakeApi, FakeGateway, type Peer } from "./fake_service.js";
import { ManualClock, settled } from "./manual_clock.js";

const RESUMED = { type: "resumed", upto: "00000000-0000-7000-8000-000000000001", more: false, recovered: true };
const PUSH = { type: "push", id: "push-1", position: "00000000-0000-7000-8000-000000000002", topic: "all", message: 1 };

interface Stage {
  readonly terminal: Terminal;
  readonly gateway: FakeGateway;
  readonly clock: ManualClock;
  readonly told: string[];
  signal(signal: Signal): void;
}

/** A terminal that has begun to connect, and a page that can be made to notice something. */
async function connecting(options: Partial<Options> = {}): Promise<Stage> {
  const gateway = new FakeGateway();
  const clock = new ManualClock();
  const listeners = new Set<(signal: Signal) => void>();
  const all = {
    token: "token-1",
    WebSocket: gateway.WebSocket,
    fetch: new FakeApi().fetch,
    clock,
    random: () => 0.5,
    signals: {
      listen: (listener: (signal: Signal) => void) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    ...options,
  } as Options;
  if ("ticket" in all) delete (all as { token?: string }).token;
  const terminal = new Terminal("wss://gateway.example/local", all);
  const told: string[] = [];
  terminal.on("*", event => void told.push(event.type));
  await terminal.connect();
  await settled();
  return {
    terminal,
    gateway,
    clock,
    told,
    signal: signal => {
      for (const listener of listeners) listener(signal);
    },
  };
}

function peerOf({ gateway }: Stage, number = 0): Peer {
  const peer = gateway.attempts[number];
  assert.ok(peer, `handshake ${number + 1} was not tried`);
  return peer;
}

async function connected(options: Partial<Options> = {}): Promise<Stage> {
  const stage = await connecting(options);
  peerOf(stage).accept();
  peerOf(stage).say(RESUMED);
  await settled();
  return stage;
}

test("a network that is back is tried within a second, however long the pause was to be", async () => {
  const stage = await connecting({ timing: { backoffBaseMs: 1_000, backoffCapMs: 60_000 } });
  for (const at of [0, 1, 2, 3, 4, 5]) {
    peerOf(stage, at).refuse();
    await stage.clock.advance(at < 5 ? 500 * 2 ** at : 0);
  }
  stage.signal("wake");
  await stage.clock.advance(500);
  assert.equal(stage.gateway.attempts.length, 7);
  await stage.terminal.close();
});

test("a network that is back does not shorten what the service asked for", async () => {
  const stage = await connected();
  peerOf(stage).say({ type: "bye", code: "resync", reason: "slow", reconnect: true, retry_after: 30 });
  await settled();
  stage.signal("wake");
  await stage.clock.advance(29_999);
  assert.equal(stage.gateway.attempts.length, 1);
  await stage.clock.advance(501);
  assert.equal(stage.gateway.attempts.length, 2);
  await stage.terminal.close();
});

for (const [signal, silentForMs] of [
  ["wake", 5_000],
  ["doubt", 1],
] as const) {
  test(`on ${signal} a connection that was silent for ${silentForMs} ms is asked whether it is there`, async () => {
    const stage = await connected();
    await stage.clock.advance(silentForMs);
    stage.signal(signal);
    assert.deepEqual(peerOf(stage).frames.at(-1), { action: "ping" });
    await stage.clock.advance(15_000);
    assert.equal(stage.told.at(-1), "disconnected");
    await stage.terminal.close();
  });
}

test("a page that is hidden says at once what it has to say", async () => {
  const stage = await connected();
  stage.terminal.read("push-1");
  stage.signal("rest");
  assert.deepEqual(peerOf(stage).frames.at(-1), { action: "ack", ids: ["push-1"], kind: "read" });
  await stage.terminal.close();
});

test("a ticket of the application is asked for anew for each connection, and is all that is shown", async () => {
  let number = 0;
  const stage = await connected({ ticket: async () => `ticket-${++number}` } as Partial<Options>);
  peerOf(stage).cut();
  await stage.clock.advance(500);
  const shown = stage.gateway.attempts.map(({ url, protocols }) => [url.searchParams.get("token"), ...protocols]);
  assert.deepEqual(shown, [
    ["ticket-1", "fanfare.v1"],
    ["ticket-2", "fanfare.v1"],
  ]);
  await stage.terminal.close();
});

test("a provider that refuses ends the terminal", async () => {
  const provider = () => Promise.reject(new Refused("signed_out", "sign in again"));
  const stage = await connecting({ token: provider });
  assert.deepEqual(stage.told, ["refused"]);
  await stage.terminal.close();
});

test("a listener that takes its time gets one event after the other, and what it has in hand is not handled", async () => {
  const storage = new Map<string, string>();
  const state = webStorage("key", { getItem: key => storage.get(key) ?? null, setItem: (k, v) => storage.set(k, v) });
  const stage = await connected({ state });
  const shown: string[] = [];
  stage.terminal.on("push", ({ id }) => {
    shown.push(id);
    return new Promise(() => undefined);
  });
  peerOf(stage).say(PUSH);
  peerOf(stage).say({ ...PUSH, id: "push-2" });
  await settled();
  assert.deepEqual(shown, ["push-1"]);
  await stage.clock.advance(1_000);
  assert.deepEqual((await state.load())?.seen, []);
});

test("a state on disk is kept as a whole, and what is none is named", async t => {
  const folder = await mkdtemp(join(tmpdir(), "fanfare-"));
  t.after(() => rm(folder, { recursive: true }));
  const state = jsonFile(join(folder, "state.json"));
  assert.equal(await state.load(), null);
  const snapshot = { since: RESUMED.upto, seen: ["push-1"], unread: { "push-1": RESUMED.upto } };
  await state.save(snapshot);
  assert.deepEqual(await state.load(), snapshot);
  assert.throws(() => webStorage("key", { getItem: () => "[]", setItem: () => undefined }).load(), /storage's key/);
});

test("on a real socket of the package ws it connects, gets a push, acks and leaves politely", async t => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => "fanfare.v1" });
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const terminal = new Terminal(`ws://127.0.0.1:${port}/local`, { token: "token-1", WebSocket: Ws });
  const pushed = new Promise<Push>(resolve => terminal.on("push", resolve));
  const arrived = once(server, "connection");
  await terminal.connect();
  const [socket, request] = (await arrived) as [Ws, { headers: Record<string, string> }];
  const frames: string[] = [];
  const closed = once(socket, "close");
  socket.on("message", data => frames.push(String(data)));
  for (const frame of [RESUMED, { ...PUSH, ack: "received" }]) socket.send(JSON.stringify(frame));
  assert.equal((await pushed).id, "push-1");
  await terminal.close();
  assert.equal((await closed)[0], 1000);
  assert.equal(request.headers["sec-websocket-protocol"], "fanfare.v1,bearer.token-1");
  assert.deepEqual(frames, ['{"action":"resume","since":null}', '{"action":"ack","ids":["push-1"],"kind":"received"}']);
});
