/** Plays a scenario that this library shares with those of other languages (tests/scenarios/README.md). */

import assert from "node:assert/strict";

import {
  type JsonObject,
  type JsonValue,
  memory,
  type Options,
  type SendToken,
  type Snapshot,
  Terminal,
  type TerminalEvent,
} from "../src/index.js";
import { FakeApi, FakeGateway, type Peer, type ScriptedAnswer } from "./fake_service.js";
import { ManualClock, settled } from "./manual_clock.js";

const INBOX = "GET /v1/inbox";
const ACKS = "POST /v1/inbox/acks";

export interface Scenario {
  readonly name: string;
  readonly terminal?: {
    readonly token?: string;
    readonly tokens?: readonly string[];
    readonly send_token?: SendToken;
    readonly name?: string;
    readonly since?: string;
    readonly state?: Snapshot;
    readonly random?: number;
  };
  readonly steps: readonly Step[];
}

interface Handshake {
  readonly shown?: string;
  readonly name?: string;
  readonly as?: string;
}

/** Exactly one member, besides `on` and `detail`, is the verb. */
interface Step {
  readonly accept?: Handshake;
  readonly refuse?: { readonly status: number };
  readonly say?: readonly JsonValue[];
  readonly cut?: true;
  readonly end?: number;
  readonly answers?: Readonly<Record<string, ScriptedAnswer>>;
  readonly asked?: JsonObject & { readonly route: string };
  readonly answer?: ScriptedAnswer;
  readonly pass_s?: number;
  readonly read?: string;
  readonly failed?: string;
  readonly recalled?: string;
  readonly chat?: string;
  readonly leave?: true;
  readonly sent?: JsonObject;
  readonly told?: JsonObject;
  readonly closed?: number;
  readonly remembers?: JsonObject;
  readonly on?: string;
  readonly detail?: string;
}

export async function play(scenario: Scenario): Promise<void> {
  const playing = new Play(scenario);
  await playing.run();
}

class Play {
  readonly #scenario: Scenario;
  readonly #clock = new ManualClock();
  readonly #gateway = new FakeGateway();
  readonly #api = new FakeApi();
  readonly #state;
  readonly #terminal: Terminal;
  readonly #peers = new Map<string, Peer>();
  readonly #asked = new Map<string, number>();
  readonly #told: TerminalEvent[] = [];
  /** Tells the terminal that the application is done with the event that it was told last. */
  #handled: () => void = () => undefined;
  #isOver = false;
  #handshakes = 0;
  #newest = "";

  constructor(scenario: Scenario) {
    const {
      token = "token-1",
      tokens,
      send_token = "subprotocol",
      name,
      since,
      state,
      random = 0.5,
    } = scenario.terminal ?? {};
    const left = [...(tokens ?? [])];
    const next = () => {
      const fresh = left.shift();
      if (fresh === undefined) throw new Error("there is no other token");
      return fresh;
    };
    this.#scenario = scenario;
    this.#state = memory(state ?? null);
    const options: Options = {
      token: tokens === undefined ? token : next,
      sendToken: send_token,
      apiUrl: "http://api.example",
      ...(name === undefined ? {} : { name }),
      ...(since === undefined ? {} : { since }),
      state: this.#state,
      WebSocket: this.#gateway.WebSocket,
      fetch: this.#api.fetch,
      clock: this.#clock,
      random: () => random,
      signals: null,
    };
    this.#terminal = new Terminal("ws://gateway.example/local", options);
    this.#api.hold(INBOX);
    this.#api.answers.set(ACKS, { status: 200, body: {} });
    // The application takes an event when a step asks what it was told, and is done with it when it takes the next.
    this.#terminal.on("*", event => {
      this.#told.push(event);
      return this.#isOver ? undefined : new Promise<void>(resolve => (this.#handled = resolve));
    });
  }

  async run(): Promise<void> {
    let connecting: Promise<void> | null = null;
    for (const [at, step] of this.#scenario.steps.entries()) {
      // What comes first is there before the terminal is.
      if (!step.answers) connecting ??= this.#terminal.connect();
      await settled();
      try {
        await this.#step(step);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`step ${at + 1}, ${JSON.stringify(step)}: ${reason}`, { cause: error });
      }
    }
    await connecting;
    await this.#leave();
    this.#nothingElse();
  }

  async #step(step: Step): Promise<void> {
    if (step.accept) this.#accept(step.accept);
    else if (step.refuse) this.#handshake().refuse();
    else if (step.say) for (const frame of step.say) this.#peer(step).say(frame);
    else if (step.cut) this.#peer(step).cut();
    else if (step.end) this.#peer(step).end(step.end);
    else if (step.answers)
      for (const [route, answer] of Object.entries(step.answers)) this.#api.answers.set(route, answer);
    else if (step.asked) this.#wasAsked(step.asked);
    else if (step.answer) this.#api.answer(INBOX, step.answer);
    else if (step.pass_s) await this.#clock.advance(step.pass_s * 1_000);
    else if (step.read) this.#terminal.read(step.read);
    else if (step.failed) this.#terminal.failed(step.failed, step.detail);
    else if (step.recalled) this.#terminal.recalled(step.recalled);
    else if (step.chat) this.#terminal.say(step.chat);
    else if (step.leave) await this.#leave();
    else if (step.sent) assert.deepEqual(this.#peer(step).frames.shift(), step.sent);
    else if (step.told) await this.#wasTold(step.told);
    else if (step.closed) assert.equal(this.#peer(step).closeCode, step.closed);
    else if (step.remembers) await this.#remembers(step.remembers);
    else throw new Error("a scenario has no such step");
  }

  #handshake(): Peer {
    const peer = this.#gateway.attempts[this.#handshakes];
    assert.ok(peer, "no handshake is tried");
    this.#handshakes += 1;
    return peer;
  }

  #accept(wanted: Handshake): void {
    const peer = this.#handshake();
    this.#newest = wanted.as ?? `connection ${this.#handshakes}`;
    this.#peers.set(this.#newest, peer);
    const bearer = peer.protocols.find(protocol => protocol.startsWith("bearer."));
    const query = peer.url.searchParams;
    const shown = query.get("token") ?? bearer?.slice("bearer.".length) ?? "";
    assertHas({ shown, name: query.get("terminal"), as: this.#newest }, { ...wanted });
    peer.accept();
  }

  #peer(step: Step): Peer {
    const peer = this.#peers.get(step.on ?? this.#newest);
    assert.ok(peer, "there is no such connection");
    return peer;
  }

  #wasAsked(wanted: JsonObject & { readonly route: string }): void {
    const { route } = wanted;
    const before = this.#asked.get(route) ?? 0;
    const request = this.#api.requestsTo(route)[before];
    assert.ok(request, "it was not asked");
    this.#asked.set(route, before + 1);
    const { url, token, body } = request;
    assertHas({ route, token, body, query: Object.fromEntries(url.searchParams) }, wanted);
  }

  async #wasTold(wanted: JsonObject): Promise<void> {
    if (this.#told.length === 0) {
      this.#handled();
      await settled();
    }
    const event = this.#told.shift();
    assert.ok(event, "nothing was told");
    assertHas(neutral(event), wanted);
  }

  async #remembers(wanted: JsonObject): Promise<void> {
    const { since = null, seen = [], unread = {} } = (await this.#state.load()) ?? {};
    assertHas({ since, seen: [...seen], unread: { ...unread } }, wanted);
  }

  async #leave(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const closing = this.#terminal.close();
    this.#handled();
    await closing;
    await settled();
  }

  /** There was nothing that the scenario does not speak of. */
  #nothingElse(): void {
    for (const [name, peer] of this.#peers) {
      assert.ok(peer.isClosed, `${name} is still open`);
      assert.deepEqual(peer.frames, [], `also sent on ${name}`);
    }
    assert.deepEqual(this.#told, [], "also told");
    assert.equal(this.#gateway.attempts.length, this.#handshakes, "handshakes");
    for (const route of [INBOX, ACKS]) {
      assert.equal(this.#api.requestsTo(route).length, this.#asked.get(route) ?? 0, route);
    }
  }
}

/** An event as scenarios write it. */
function neutral(event: TerminalEvent): JsonObject {
  switch (event.type) {
    case "push":
      return { replayed: false, ...event.raw };
    case "reminder":
      return { type: "reminder", id: event.push.id };
    case "bye":
      return {
        type: "bye",
        code: event.code,
        reason: event.reason,
        retry_after_s: event.retryAfterMs === null ? null : event.retryAfterMs / 1_000,
      };
    case "disconnected":
      return { type: "disconnected", retry_in_s: event.retryInMs / 1_000 };
    default:
      return { ...event };
  }
}

/** That `actual` has what `wanted` speaks of. */
function assertHas(actual: JsonObject, wanted: JsonObject): void {
  const chosen = Object.fromEntries(Object.keys(wanted).map(name => [name, actual[name] ?? null]));
  assert.deepEqual(chosen, wanted);
}
