import i18next from "i18next";

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** Seconds of a duration as the API writes it: `"90s"`, `"15m"`, `"24h"`, `"2d"`, or a number of seconds. */
export function secondsOf(duration: string | number): number {
  if (typeof duration === "number") return duration;
  const found = /^(\d+(?:\.\d+)?)(s|m|h|d)$/.exec(duration.trim());
  if (found === null) return Number.NaN;
  return Number(found[1]) * UNITS[found[2] as keyof typeof UNITS];
}

/** A duration in words: `45 s`, `10 min`, `1 h 30 min`, `2 days`. At most two units. */
export function durationInWords(seconds: number): string {
  const rounded = Math.max(0, Math.round(seconds));
  const parts: [number, "days" | "hours" | "minutes" | "seconds"][] = [
    [Math.floor(rounded / 86_400), "days"],
    [Math.floor((rounded % 86_400) / 3_600), "hours"],
    [Math.floor((rounded % 3_600) / 60), "minutes"],
    [rounded % 60, "seconds"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return i18next.t("units.seconds", { count: 0, ns: "shell" });
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => i18next.t(`units.${unit}`, { count, ns: "shell" }))
    .join(" ");
}
