import { describe, expect, it } from "vitest";
import { asForm, asJson, NO_MESSAGE, written } from "./message_draft.js";

describe("a message that is being written", () => {
  it("is empty until it has a title or a text", () => {
    expect(written({ ...NO_MESSAGE, url: "https://a.example", level: "critical" })).toEqual({ is: "empty" });
    expect(written({ ...NO_MESSAGE, title: "  " })).toEqual({ is: "empty" });
  });

  it("leaves out what is not said", () => {
    expect(written({ ...NO_MESSAGE, title: " Lunch " })).toEqual({
      is: "message",
      message: { title: "Lunch", level: "info" },
    });
    expect(written({ ...NO_MESSAGE, title: "x", urlLabel: "of no link" })).toEqual({
      is: "message",
      message: { title: "x", level: "info" },
    });
  });

  it("may be any JSON", () => {
    expect(written({ ...NO_MESSAGE, as: "json", json: '{"config": 12}' })).toEqual({
      is: "message",
      message: { config: 12 },
    });
    expect(written({ ...NO_MESSAGE, as: "json", json: "null" })).toEqual({ is: "message", message: null });
    expect(written({ ...NO_MESSAGE, as: "json", json: "{" }).is).toBe("unreadable");
    expect(written({ ...NO_MESSAGE, as: "json", json: " " }).is).toBe("empty");
  });

  it("goes to JSON and back", () => {
    const draft = {
      ...NO_MESSAGE,
      title: "Door 4",
      body: "is open",
      level: "warning" as const,
      url: "https://a.example",
    };
    const back = asForm(asJson(draft));
    expect(back).toEqual({ ...draft, json: back?.json });
  });

  it("keeps JSON that was written before the form was empty", () => {
    expect(asJson({ ...NO_MESSAGE, json: '{"config": 12}' }).json).toBe('{"config": 12}');
  });

  it("takes a bare string into the form as its text", () => {
    expect(asForm({ ...NO_MESSAGE, as: "json", json: '"Lunch"' })).toMatchObject({
      as: "form",
      title: "",
      body: "Lunch",
    });
  });

  it.each(['{"config": 12}', '{"title": 5}', '{"title": "x", "level": "loud"}', "[1]", "7", "{"])(
    "stays JSON where the form cannot say it: %s",
    json => {
      expect(asForm({ ...NO_MESSAGE, as: "json", json })).toBeNull();
    },
  );
});
