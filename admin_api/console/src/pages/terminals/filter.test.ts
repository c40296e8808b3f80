import { describe, expect, it } from "vitest";
import { asked, holds, narrowed, userOf, widened } from "./filter.js";

const MAC = { attr: "os", value: "mac" } as const;

describe("a filter", () => {
  it.each([
    ["", "os = mac"],
    ["all", "os = mac"],
    ["group:ops", "group:ops and os = mac"],
    ["group:ops and floor = 3", "group:ops and floor = 3 and os = mac"],
    ["group:ops or group:it", "(group:ops or group:it) and os = mac"],
    ["group:ops and os = mac", "group:ops and os = mac"],
    ["group:", "os = mac"],
  ])("%s is narrowed to %s", (filter, text) => {
    expect(narrowed(filter, MAC)).toBe(text);
  });

  it.each([
    ["os = mac", ""],
    ["group:ops and os = mac", "group:ops"],
    ["group:ops or os = mac", "group:ops or os = mac"],
  ])("%s is widened to %s", (filter, text) => {
    expect(widened(filter, MAC)).toBe(text);
  });

  it("knows which clauses it demands", () => {
    expect([holds("group:ops and os=mac", MAC), holds("group:ops or os=mac", MAC), holds("", MAC)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("of nothing asks for everybody", () => {
    expect([asked(" "), asked("group:ops")]).toEqual([{}, { target: ["group:ops"] }]);
  });
});

it("a terminal's user is what stands before its last slash", () => {
  expect([userOf("alice/pc"), userOf("corp/alice/pc")]).toEqual(["alice", "corp/alice"]);
});
