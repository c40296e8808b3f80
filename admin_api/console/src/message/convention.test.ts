import { describe, expect, it } from "vitest";
import { safeUrl, shown } from "./convention.js";

describe("a message as a terminal reads it", () => {
  it("is a card without a title, if it is a string", () => {
    expect(shown("Lunch is served")).toEqual({
      as: "card",
      title: null,
      body: "Lunch is served",
      level: "info",
      link: null,
    });
  });

  it("is a card with all that the convention knows", () => {
    const message = {
      title: "Printer 4",
      body: "Paper is out",
      level: "warning",
      url: "https://intranet.example/p4",
      url_label: "Where it is",
    };
    expect(shown(message)).toEqual({
      as: "card",
      title: "Printer 4",
      body: "Paper is out",
      level: "warning",
      link: { href: "https://intranet.example/p4", label: "Where it is" },
    });
  });

  it("names a link without a label by its host", () => {
    const found = shown({ title: "Survey", url: "https://survey.example/2026?id=1" });
    expect(found.as === "card" && found.link?.label).toBe("survey.example");
  });

  it("takes a level that it does not know for info", () => {
    const found = shown({ title: "x", level: "apocalyptic" });
    expect(found.as === "card" && found.level).toBe("info");
  });

  it("ignores members of the convention that are not text", () => {
    expect(shown({ title: "x", body: 7, url: ["https://a.example"] })).toEqual({
      as: "card",
      title: "x",
      body: null,
      level: "info",
      link: null,
    });
  });

  it.each([{ config: 12 }, [1, 2], 7, null, true, { title: "  " }, { title: 3 }])("is JSON for %j", message => {
    expect(shown(message)).toEqual({ as: "json", text: JSON.stringify(message, null, 2) });
  });
});

describe("an address", () => {
  it.each(["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "/pushes", "intranet", "ftp://a.example"])(
    "is not opened if it is %s",
    url => {
      expect(safeUrl(url)).toBeNull();
      const found = shown({ title: "x", url });
      expect(found.as === "card" && found.link).toBeNull();
    },
  );

  it("is opened if it is http or https", () => {
    expect(safeUrl("HTTP://intranet/door")).toBe("http://intranet/door");
    expect(safeUrl("https://a.example")).toBe("https://a.example/");
  });
});
