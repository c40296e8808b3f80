import { describe, expect, it } from "vitest";
import { addressOf, filtersOf, isFiltered } from "./filters.js";

describe("filters", () => {
  it("are the same after a way through the address", () => {
    const filters = { states: ["sending", "halted"] as const, sender: "sales/bob & co" };
    expect(filtersOf(new URLSearchParams(addressOf(filters).toString()))).toEqual(filters);
    expect(addressOf({ states: [], sender: "" }).toString()).toBe("");
  });

  it("leave out what is no state, and what is there twice", () => {
    const address = new URLSearchParams("state=sending&state=nonsense&state=sending");
    expect(filtersOf(address)).toEqual({ states: ["sending"], sender: "" });
    expect(isFiltered(filtersOf(new URLSearchParams("state=nonsense")))).toBe(false);
  });
});
