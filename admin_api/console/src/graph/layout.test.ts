// @vitest-environment jsdom

import { beforeAll, describe, expect, it } from "vitest";
import { startWords } from "../words/index.js";
import { EVERYTHING, MUST_READ, NOW, STAGED, WORKING_HOURS } from "./examples.js";
import { type Layout, layoutOf, linesOf, type Placed } from "./layout.js";
import { graphOf } from "./nodes.js";
import type { StrategyGiven } from "./strategy.js";
import { stepWords } from "./words.js";

beforeAll(() => startWords("en"));

const laid = (strategy: StrategyGiven, width: number, approval = true): Layout =>
  layoutOf(graphOf(strategy, { approval }), step => stepWords(step, strategy), { width });
const rows = (layout: Layout) => new Set([...layout.steps.values()].map(step => step.y)).size;
const overlap = (a: Placed, b: Placed) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const STAGED_MUST_READ = { ...STAGED, ...MUST_READ };

describe.each([320, 366, 680, 1_016, 1_400])("at %i px", width => {
  it.each([
    ["now", NOW],
    ["hours", WORKING_HOURS],
    ["staged", STAGED_MUST_READ],
    ["all", EVERYTHING],
  ] as const)("%s is within the width, and no step lies on another", (_name, strategy) => {
    const layout = laid(strategy, width);
    const steps = [...layout.steps.values()];
    expect(layout.width).toBeLessThanOrEqual(width);
    for (const [index, step] of steps.entries()) {
      expect(step.x).toBeGreaterThanOrEqual(0);
      for (const other of steps.slice(index + 1)) expect(overlap(step, other), `${step.id} ${other.id}`).toBe(false);
    }
  });
});

describe("a layout", () => {
  it("needs three rows for a staged must-read on a small screen", () => {
    expect(rows(laid(STAGED_MUST_READ, 1_016, false))).toBe(3);
  });

  it("keeps a short one in a row, with those away below", () => {
    expect(rows(laid(NOW, 1_016))).toBe(2);
  });

  it("routes every link", () => {
    const { links } = laid(EVERYTHING, 680);
    expect(links).toHaveLength(graphOf(EVERYTHING, { approval: true }).links.length);
    for (const { path } of links) expect(path).toMatch(/^M-?[\d.]+,-?[\d.]+[VH]/);
  });
});

describe("lines of a text", () => {
  it("are more in less room, also in Chinese, where every letter may end one", () => {
    expect(linesOf("to everyone there", 200)).toBe(1);
    expect(linesOf("to everyone there", 60)).toBe(3);
    expect(linesOf("为离线终端保留一天为离线终端保留一天", 110)).toBe(2);
    expect(linesOf("averyveryverylongnamewithoutblanks", 80)).toBe(3);
  });
});
