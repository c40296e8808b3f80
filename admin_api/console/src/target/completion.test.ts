import { describe, expect, it } from "vitest";
import { completionAt, NO_VOCABULARY, type Vocabulary } from "./completion.js";

const VOCABULARY: Vocabulary = {
  names: {
    ...NO_VOCABULARY.names,
    group: [
      { value: "ops", connections: 12 },
      { value: "night shift", connections: 3 },
    ],
    user: [{ value: "bob", connections: 1 }],
  },
  attributes: new Map([
    [
      "os",
      [
        { value: "windows", connections: 9 },
        { value: "mac", connections: 2 },
      ],
    ],
    ["floor", [{ value: 3, connections: 1 }]],
  ]),
};

/** What is offered at the mark `|`, and from where it is put. */
function offered(marked: string): { from: number | undefined; options: string[] } {
  const offset = marked.indexOf("|");
  const found = completionAt(marked.replace("|", ""), offset, VOCABULARY);
  return { from: found?.from, options: found?.options.map(each => each.inserted) ?? [] };
}

describe("completion", () => {
  it("begins a clause with kinds, attributes and words", () => {
    expect(offered("|").options).toEqual([
      "group:",
      "user:",
      "os ",
      "floor ",
      "not ",
      "has ",
      "(",
      "all",
      "terminal:",
      "connection:",
    ]);
  });

  it.each([
    ["group:|", 6, ["ops", '"night shift"']],
    ["group:(ops, n|", 12, ['"night shift"']],
    ['group:"ni|', 6, ['"night shift"']],
    ["user:|", 5, ["bob"]],
    ["os |", 3, ["= ", "!= ", "< ", "<= ", "> ", ">= ", "prefix ", "in "]],
    ["os = |", 5, ["windows", "mac"]],
    ["os in (mac, w|", 12, ["windows"]],
    ["floor >= |", 9, ["3"]],
    ["has f|", 4, ["floor "]],
    ["group:ops |", 10, ["and ", "or "]],
    ["(group:ops)|", 11, [" and ", " or "]],
    ["op|", 0, ["group:ops"]],
  ])("at %s is from %i: %j", (marked, from, options) => {
    expect(offered(marked)).toEqual({ from, options });
  });

  it.each(["group:ops|", "group:ops group:it and |", "os = nothing|"])("has nothing at %s", marked => {
    expect(offered(marked).options).toEqual([]);
  });
});
