import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BOUNDS, type Expression, type Op } from "./expression.js";
import { offsetOf } from "./fault.js";
import { parse, tryParse } from "./parse.js";
import { print } from "./print.js";

const PAGE = readFileSync(join(import.meta.dirname, "../../../../docs/targets.md"), "utf8");

/** The rows of every table of docs/targets.md that has these heads, cells without the marks of code. */
function rowsUnder(...heads: string[]): string[][] {
  const rows = [...PAGE.matchAll(/(?:^\|.*\n)+/gm)].flatMap(([table]) => {
    const lines = table.trimEnd().split("\n");
    const cells = lines.map(line => line.replace(/^\|\s*|\s*\|$/g, "").split(" | "));
    return JSON.stringify(cells[0]) === JSON.stringify(heads) ? cells.slice(2) : [];
  });
  if (rows.length === 0) throw new Error(`the page has no table with the heads ${heads}`);
  return rows.map(row => row.map(cell => cell.trim().replace(/^`|`$/g, "")));
}

const EXAMPLES = rowsUnder("text", "JSON", "means").map(([text = "", json = ""]) => ({ text, json }));

/** As the service writes it: `op` is eq where it is left out. */
function spelledOut(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spelledOut);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, spelledOut(inner)]));
  return "attr" in members ? { op: "eq", ...members } : members;
}

describe("the examples of docs/targets.md", () => {
  it.each(EXAMPLES)("$text is read as its JSON", ({ text, json }) => {
    expect(parse(text)).toEqual(spelledOut(JSON.parse(json)));
  });

  it.each(EXAMPLES)("$json is written as its text", ({ text, json }) => {
    expect(print(JSON.parse(json) as Expression)).toBe(text);
  });

  it("have every operator", () => {
    const ops: Op[] = ["eq", "ne", "in", "lt", "le", "gt", "ge", "prefix", "exists"];
    const found = EXAMPLES.map(({ text }) => parse(text)).flatMap(each => ("attr" in each ? [each.op] : []));
    expect(ops.filter(op => !found.includes(op))).toEqual([]);
  });

  it("have the bounds that are kept here", () => {
    expect(rowsUnder("what", "at most").map(([, limit]) => Number(limit))).toEqual([
      BOUNDS.depth,
      BOUNDS.nodes,
      BOUNDS.list,
      BOUNDS.listed,
      BOUNDS.textBytes,
      BOUNDS.nameBytes,
      BOUNDS.valueBytes,
    ]);
  });

  it("have the error that is given here", () => {
    const shown = /```\nexpected (.+), found (\S+), at character (\d+) of the target\n {2}(.+)\n/.exec(PAGE);
    const { fault } = tryParse(shown?.[4] ?? "");
    expect(fault?.expected).toEqual(shown?.[1]?.split(/, | or /));
    expect(fault?.found).toBe(shown?.[2]);
    expect(fault?.position).toBe(Number(shown?.[3]) - 1);
  });
});

describe("what is written", () => {
  it.each([
    ["ops", "group:ops"],
    ["night shift", 'group:"night shift"'],
    ["All", 'group:"All"'],
    ["user:x", 'group:"user:x"'],
    ["a=", "group:a="],
    ["'a", `group:"'a"`],
  ])("quotes the name %s only where it must", (name, text) => {
    expect(print({ groups: [name] })).toBe(text);
    expect(parse(text)).toEqual({ groups: [name] });
  });

  it.each(["3", 3, "007", true, "true", -1.5, 1e300, 9223372036854775807n, "", "a\u0000b", "😀"])(
    "is read as the same value: %s",
    value => {
      expect(parse(print({ attr: "a", op: "eq", value }))).toEqual({ attr: "a", op: "eq", value });
    },
  );

  it("has no brackets around one part", () => {
    expect(print({ not: { any: [{ every: [{ groups: ["ops"] }, { users: ["bob"] }] }] } })).toBe(
      "not (group:ops and user:bob)",
    );
  });
});

describe("a fault", () => {
  it.each([
    ["", 0, "expected"],
    ["group:ops and", 13, "expected"],
    ["group:ops group:it", 10, "expected"],
    ["(group:ops", 10, "expected"],
    ["group:ops)", 9, "expected"],
    ["group:", 6, "expected"],
    ["group: and os = mac", 7, "reserved"],
    ["group:user:bob", 6, "kind_for_name"],
    ["user = bob", 0, "kind_without_name"],
    ["grp:ops", 0, "unknown_kind"],
    ["user:()", 6, "expected"],
    ["user:(a b)", 8, "expected"],
    ["os == mac", 4, "expected"],
    ["os = null", 5, "null_value"],
    ["os < true", 5, "value_no_order"],
    ["os prefix 3", 10, "value_not_text"],
    ["os in windows", 6, "expected"],
    ["floor = 9223372036854775808", 8, "value_over_64_bits"],
    ["floor = 1e999", 8, "value_infinite"],
    [`floor = ${"9".repeat(5_000)}`, 8, "value_too_long"],
    ['os = "mac', 5, "quote"],
    [String.raw`os = "\q"`, 6, "quote"],
    ['user:""', 5, "name_empty"],
    ['user:" a"', 5, "name_white_space"],
    [String.raw`user:"a\u0000"`, 5, "name_control"],
    [String.raw`user:"\ud800"`, 5, "name_surrogate"],
    ["user:'bob'", 5, "stray_quote"],
    ["user:“bob”", 5, "stray_quote"],
    ["user:*", 5, "stray_star"],
    ["os ~ win", 3, "stray_tilde"],
    ["group：営業", 5, "stray_wide"],
    ["group:😀", 6, "stray"],
    [`${"(".repeat(9)}all${")".repeat(9)}`, 8, "too_deep"],
    [`${"not ".repeat(8)}all`, 28, "too_deep"],
    [Array(256).fill("all").join(" or "), 1788, "too_many"],
    [`user:(${Array(1_001).fill("a").join(",")})`, 2_006, "list_too_long"],
    ["all".padEnd(8_193), 0, "too_long"],
  ])("of %s is at %s: %s", (text, position, kind) => {
    const { fault } = tryParse(text);
    expect([fault?.position, fault?.kind]).toEqual([position, kind]);
  });

  it("lists what could stand there", () => {
    expect(tryParse("group:ops os = mac").fault?.expected).toEqual(["and", "or", "the end"]);
  });

  it("is counted in characters, and placed in the editor's units", () => {
    const { fault } = tryParse('group:"😀" x');
    expect([fault?.position, fault?.offset]).toEqual([10, 11]);
    expect(offsetOf('group:"😀" x', 10)).toBe(11);
  });

  it("is none of who is still typing where only the end is missing", () => {
    expect(tryParse("group:ops and").fault?.unfinished).toBe(true);
    expect(tryParse("group:ops group:it").fault?.unfinished).toBe(false);
  });
});
