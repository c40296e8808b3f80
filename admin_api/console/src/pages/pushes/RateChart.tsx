import { Text } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Picture } from "../../api/schema.js";
import { Chart } from "../../charts/Chart.js";
import type { ChartOption } from "../../charts/option.js";
import { durationInWords } from "../../format/durations.js";
import { figure } from "../../format/figures.js";
import { clock, moment } from "../../format/moments.js";
import { rateOf } from "./rate.js";

const DAY_MS = 86_400_000;

/** How fast terminals were reached, over time. */
export function RateChart({ actual }: { actual: Picture }) {
  const { t, i18n } = useTranslation("pushes");
  const rate = useMemo(() => rateOf(actual), [actual]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: moments are said in the language of the page
  const option = useMemo<ChartOption | null>(() => {
    if (rate === null) return null;
    const long = (rate.points.at(-1)?.at ?? 0) - (rate.points[0]?.at ?? 0) > DAY_MS;
    const said = (at: number) => (long ? moment(new Date(at)) : clock(new Date(at), { seconds: rate.stepS < 60 }));
    return {
      xAxis: { type: "category", data: rate.points.map(point => said(point.at)) },
      yAxis: { type: "value", minInterval: 1, splitNumber: 3 },
      series: [
        {
          type: "bar",
          data: rate.points.map(point => point.reached),
          color: "var(--state-sent)",
          barCategoryGap: "15%",
        },
      ],
      tooltip: { valueFormatter: value => figure(Number(value)) },
    };
  }, [rate, i18n.language]);
  if (rate === null || option === null) {
    return <Text c="dimmed">{t(actual.reach.some(([, count]) => count > 0) ? "rate.atOnce" : "rate.nobody")}</Text>;
  }
  const most = Math.max(...rate.points.map(point => point.reached));
  const options = { step: durationInWords(rate.stepS), most: figure(most) };
  return (
    <>
      <Text size="sm" c="dimmed">
        {t("rate.unit", options)}
      </Text>
      <Chart option={option} label={t("rate.label", options)} height={160} />
    </>
  );
}
