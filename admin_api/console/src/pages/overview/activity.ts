import type { ChartOption } from "../../charts/option.js";
import { clock } from "../../format/moments.js";

/** What happened in one step; times in UTC. */
export interface ActivityPoint {
  readonly at: string;
  readonly connections: number;
  readonly connects: number;
  readonly disconnects: number;
  readonly sent: number;
  readonly received: number;
  readonly read: number;
  readonly failed: number;
  readonly gone: number;
}

type Series = "connects" | "disconnects" | "sent" | "received" | "read" | "failed" | "gone";

interface Words {
  readonly [series: string]: string;
}

const time = (points: readonly ActivityPoint[]) => points.map(point => clock(new Date(point.at), { seconds: false }));

/** Who came and who went, each minute: up and down from the middle. */
export function comings(points: readonly ActivityPoint[], words: Words): ChartOption {
  const bars = (name: Series, sign: 1 | -1, color: string) => ({
    type: "bar" as const,
    name: words[name] ?? name,
    stack: "connections",
    itemStyle: { color },
    data: points.map(point => sign * point[name]),
  });
  return {
    legend: { top: 0, left: 0 },
    grid: { top: 32 },
    xAxis: { type: "category", data: time(points) },
    yAxis: { type: "value", minInterval: 1, axisLabel: { formatter: (value: number) => String(Math.abs(value)) } },
    tooltip: { valueFormatter: value => String(Math.abs(Number(value))) },
    series: [bars("connects", 1, "var(--state-received)"), bars("disconnects", -1, "var(--state-gone)")],
  };
}

/** What was delivered, each minute. */
export function deliveries(points: readonly ActivityPoint[], words: Words): ChartOption {
  const line = (name: Series, color: string, type: "solid" | "dashed" | "dotted") => ({
    type: "line" as const,
    name: words[name] ?? name,
    showSymbol: false,
    lineStyle: { width: 1.5, color, type },
    itemStyle: { color },
    data: points.map(point => point[name]),
  });
  const some = (name: Series) => points.some(point => point[name] > 0);
  return {
    legend: { top: 0, left: 0 },
    grid: { top: 32 },
    xAxis: { type: "category", data: time(points), boundaryGap: false },
    yAxis: { type: "value", minInterval: 1 },
    series: [
      line("sent", "var(--state-sent)", "solid"),
      line("received", "var(--state-received)", "dashed"),
      line("read", "var(--state-read)", "solid"),
      ...(some("failed") ? [line("failed", "var(--state-failed)", "dotted")] : []),
      ...(some("gone") ? [line("gone", "var(--state-gone)", "dotted")] : []),
    ],
  };
}

/** The sums over all steps, for who cannot see a chart. */
export function sums(points: readonly ActivityPoint[]): Record<Series, number> {
  const sum = (name: Series) => points.reduce((total, point) => total + point[name], 0);
  return {
    connects: sum("connects"),
    disconnects: sum("disconnects"),
    sent: sum("sent"),
    received: sum("received"),
    read: sum("read"),
    failed: sum("failed"),
    gone: sum("gone"),
  };
}
