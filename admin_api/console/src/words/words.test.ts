import { describe, expect, it } from "vitest";
import english from "./en/index.js";
import chinese from "./zh-CN/index.js";

/** Every message by its path; forms of a plural count as one. */
function messages(words: object, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(words)) {
    const here = path === "" ? name : `${path}.${name}`;
    if (typeof value === "string") found.set(here.replace(/_(zero|one|two|few|many|other)$/, ""), value);
    else for (const [inner, text] of messages(value, here)) found.set(inner, text);
  }
  return found;
}

const placeholders = (text: string) => [...text.matchAll(/\{\{\s*([\w.]+)/g)].map(found => found[1]).sort();

describe("messages", () => {
  const [en, zh] = [messages(english), messages(chinese)];

  it("are there in each language", () => {
    expect([...zh.keys()].sort()).toEqual([...en.keys()].sort());
  });

  it("are never empty", () => {
    expect([...en, ...zh].filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  it("say the same figures and names in each language", () => {
    for (const [path, text] of en) expect(placeholders(zh.get(path) ?? ""), path).toEqual(placeholders(text));
  });
});
