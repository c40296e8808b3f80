import type { Push } from "@fanfare/terminal";
import { describe, expect, it } from "vitest";
import { confirmed, type Desk, dismissed, EMPTY, expired, MOST_ITEMS, toasts, told, unread } from "./desk.js";

const NOW = Date.parse("2026-11-24T09:00:00Z");

const push = (id: string, more: Partial<Push> = {}): Push => ({
  type: "push",
  id,
  position: id,
  topic: "all",
  message: id,
  sentAt: new Date(NOW),
  replayed: false,
  ack: null,
  collapseKey: null,
  expiresAt: null,
  raw: {},
  ...more,
});
const ids = (items: readonly { id: string }[]) => items.map(item => item.id);
const with_ = (...pushes: Push[]): Desk => pushes.reduce((desk, each) => told(desk, each, NOW), EMPTY);

describe("a message", () => {
  it("is a toast, or where a person has to confirm it, a dialog; the oldest first", () => {
    const desk = with_(
      push("a"),
      push("b", { ack: "read" }),
      push("c", { ack: "received" }),
      push("d", { ack: "read" }),
    );
    expect(ids(toasts(desk))).toEqual(["a", "c"]);
    expect(ids(unread(desk))).toEqual(["b", "d"]);
    expect(ids(desk.items)).toEqual(["d", "c", "b", "a"]);
  });

  it("leaves the screen when it was confirmed, and stays in the history", () => {
    const desk = confirmed(with_(push("a", { ack: "read" })), "a");
    expect(unread(desk)).toEqual([]);
    expect(desk.items[0]?.fate).toBe("confirmed");
  });

  it("leaves the screen when it was called back", () => {
    const desk = told(with_(push("a", { ack: "read" }), push("b")), { type: "cancel", id: "a" }, NOW);
    expect(unread(desk)).toEqual([]);
    expect(desk.items.map(item => item.fate)).toEqual(["shown", "recalled"]);
  });

  it("takes the place of what has the same key", () => {
    const desk = with_(push("a", { collapseKey: "menu" }), push("b", { collapseKey: "menu" }));
    expect(ids(toasts(desk))).toEqual(["b"]);
    expect(desk.items.map(item => item.fate)).toEqual(["shown", "replaced"]);
  });

  it("leaves the screen when its time is over", () => {
    const desk = with_(push("a", { expiresAt: new Date(NOW + 1_000) }), push("b"));
    expect(expired(desk, NOW + 999)).toBe(desk);
    expect(ids(toasts(expired(desk, NOW + 1_000)))).toEqual(["b"]);
  });

  it("that was put away is still in the history, and comes back when it is sent again", () => {
    const desk = dismissed(with_(push("a")), "a");
    expect(toasts(desk)).toEqual([]);
    const again = told(desk, { type: "reminder", push: push("a") }, NOW);
    expect(toasts(again).map(item => item.reminders)).toEqual([1]);
  });

  it("is shown once, however often it comes", () => {
    expect(with_(push("a"), push("a")).items).toHaveLength(1);
  });

  it("of long ago is forgotten", () => {
    const many = Array.from({ length: MOST_ITEMS + 5 }, (_, number) => push(`p${number}`));
    expect(with_(...many).items).toHaveLength(MOST_ITEMS);
  });
});

describe("the connection light", () => {
  it("says how it is connected, when it will try again, and why not at all", () => {
    const on = told(EMPTY, { type: "connected", renewed: false, by: "inbox" }, NOW);
    expect(on.light).toEqual({ is: "connected", by: "inbox" });
    const off = told(on, { type: "disconnected", reason: "closed (1001)", retryInMs: 5_000 }, NOW);
    expect(off.light).toEqual({ is: "waiting", reason: "closed (1001)", untilMs: NOW + 5_000 });
    const never = told(off, { type: "refused", code: "user_blocked", detail: "You are blocked." }, NOW);
    expect(never.light).toEqual({ is: "refused", code: "user_blocked", detail: "You are blocked." });
  });

  it("tells when something may be missing", () => {
    expect(told(EMPTY, { type: "resumed", upto: null, more: false, recovered: false }, NOW).hasLost).toBe(true);
    expect(told(EMPTY, { type: "resumed", upto: null, more: false, recovered: true }, NOW).hasLost).toBe(false);
  });
});
