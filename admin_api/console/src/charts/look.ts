import type { ChartOption } from "./option.js";

const AXIS = {
  axisLine: { lineStyle: { color: "var(--line-strong)" } },
  axisTick: { lineStyle: { color: "var(--line-strong)" } },
  axisLabel: { color: "var(--ink-soft)", fontSize: 11, hideOverlap: true },
  splitLine: { lineStyle: { color: "var(--line)" } },
  nameTextStyle: { color: "var(--ink-soft)", fontSize: 11 },
};

type Part = Record<string, unknown>;

/** An option over how every chart of the console looks: what it says itself goes before. */
export function dressed(option: ChartOption, { still, font }: { still: boolean; font: string }): ChartOption {
  const legend = option.legend === undefined ? {} : { legend: under(LEGEND, option.legend) };
  return {
    animation: !still,
    animationDuration: 200,
    animationDurationUpdate: 200,
    color: ["var(--accent)", "var(--state-received)", "var(--state-read)", "var(--state-failed)", "var(--state-gone)"],
    ...option,
    textStyle: { fontFamily: font, fontSize: 12, color: "var(--ink)", ...(option.textStyle as Part | undefined) },
    grid: under(
      { left: 8, right: 16, top: 16, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      option.grid ?? {},
    ),
    ...(option.xAxis !== undefined && { xAxis: under(AXIS, option.xAxis) }),
    ...(option.yAxis !== undefined && { yAxis: under(AXIS, option.yAxis) }),
    tooltip: under(TOOLTIP, option.tooltip ?? {}),
    ...legend,
  } as ChartOption;
}

/** Drawn on the canvas: a tooltip of HTML would need styles that the security policy refuses. */
const TOOLTIP = {
  renderMode: "richText",
  trigger: "axis",
  confine: true,
  transitionDuration: 0,
  backgroundColor: "var(--ground-raised)",
  borderColor: "var(--line-strong)",
  textStyle: { color: "var(--ink)", fontSize: 12 },
  axisPointer: { lineStyle: { color: "var(--ink-soft)" }, animation: false },
};

const LEGEND = { textStyle: { color: "var(--ink)", fontSize: 12 }, icon: "roundRect", itemWidth: 10, itemHeight: 10 };

function under(base: Part, own: unknown): unknown {
  if (Array.isArray(own)) return own.map(each => under(base, each));
  const merged: Part = { ...base };
  for (const [name, value] of Object.entries(own as Part)) {
    const below = merged[name];
    merged[name] = isPlain(below) && isPlain(value) ? under(below, value) : value;
  }
  return merged;
}

const isPlain = (value: unknown): value is Part =>
  value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
