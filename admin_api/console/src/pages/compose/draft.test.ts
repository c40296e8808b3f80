import { describe, expect, it } from "vitest";
import { composed, isBlank, NO_DRAFT } from "./draft.js";

const LUNCH = { ...NO_DRAFT, target: " group:ops ", message: { ...NO_DRAFT.message, title: "Lunch" } };

describe("a draft", () => {
  it("becomes the body of a push", () => {
    expect(composed(LUNCH)).toEqual({
      body: { target: "group:ops", message: { title: "Lunch", level: "info" }, strategy: { name: "now" } },
      gaps: [],
    });
  });

  it("names its strategy and what is changed of it", () => {
    const draft = { ...LUNCH, strategy: { name: "must-read", changes: { retain: "1d", window: null } } };
    expect(composed(draft).body?.strategy).toEqual({ name: "must-read", retain: "1d", window: null });
  });

  it("brings its schedule", () => {
    const when = { ...NO_DRAFT.when, is: "repeat" as const, timezone: "Asia/Tokyo" };
    expect(composed({ ...LUNCH, when }).body).toMatchObject({
      repeat: { cron: "0 9 * * mon-fri", timezone: "Asia/Tokyo" },
    });
  });

  it("can be previewed before its message is written, but not sent", () => {
    const { body, gaps } = composed({ ...NO_DRAFT, target: "all" });
    expect(body).toMatchObject({ target: "all", message: "" });
    expect(gaps).toEqual(["message"]);
  });

  it("says what is missing for a preview", () => {
    expect(composed(NO_DRAFT)).toEqual({ body: null, gaps: ["message", "target"] });
    expect(composed({ ...LUNCH, target: "os ==" })).toEqual({ body: null, gaps: ["target"] });
    const json = { ...NO_DRAFT.message, as: "json" as const, json: "{" };
    expect(composed({ ...LUNCH, message: json })).toEqual({ body: null, gaps: ["json"] });
    expect(composed({ ...LUNCH, when: { ...LUNCH.when, is: "at" } })).toEqual({ body: null, gaps: ["when"] });
  });

  it("is blank until somebody writes a message or a target", () => {
    expect(isBlank({ ...NO_DRAFT, strategy: { name: "must-read", changes: {} } })).toBe(true);
    expect(isBlank(LUNCH)).toBe(false);
  });
});
