// @vitest-environment jsdom

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Item } from "./desk.js";
import { historyStore } from "./history_store.js";

const ITEM: Item = {
  id: "p1",
  message: "Lunch is served",
  topic: "all",
  sentAtMs: 1,
  cameAtMs: 2,
  expiresAtMs: null,
  replayed: false,
  mustRead: false,
  collapseKey: null,
  fate: "shown",
  reminders: 0,
  onScreen: true,
};

beforeEach(() => sessionStorage.clear());

describe("the history of a tab", () => {
  it("is there when the page is loaded again, and no toast of it", () => {
    historyStore("h").save([ITEM]);
    expect(historyStore("h").load()).toEqual([{ ...ITEM, onScreen: false }]);
    expect(historyStore("other").load()).toEqual([]);
  });

  it("is empty where what was kept cannot be read", () => {
    sessionStorage.setItem("h", "[{");
    expect(historyStore("h").load()).toEqual([]);
  });

  it("that has no room is not kept, and ends nothing", () => {
    const full = vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    expect(() => historyStore("h").save([ITEM])).not.toThrow();
    full.mockRestore();
    expect(historyStore("h").load()).toEqual([]);
  });
});
