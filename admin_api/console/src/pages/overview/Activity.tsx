import { Title } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Chart } from "../../charts/Chart.js";
import { figure } from "../../format/figures.js";
import { Loading, ProblemAlert } from "../../shell/states.js";
import { comings, deliveries, sums } from "./activity.js";
import { useActivity } from "./figures.js";
import classes from "./Overview.module.css";

const HEIGHT = 200;

/** Comings and goings, and deliveries, over the last hour. */
export function Activity() {
  const { t, i18n } = useTranslation("overview");
  const activity = useActivity();
  const points = activity.data?.points;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words change with the language
  const options = useMemo(() => {
    if (points === undefined) return null;
    const words = {
      connects: t("connects"),
      disconnects: t("disconnects"),
      ...(t("states", { returnObjects: true }) as Record<string, string>),
    };
    return { comings: comings(points, words), deliveries: deliveries(points, words) };
  }, [points, i18n.language]);
  if (activity.isError) return <ProblemAlert error={activity.error} retry={() => void activity.refetch()} />;
  if (points === undefined || options === null) return <Loading />;
  const total = sums(points);
  return (
    <div className={classes.even}>
      <section className={classes.section}>
        <Title order={2}>{t("comings")}</Title>
        <Chart
          option={options.comings}
          height={HEIGHT}
          label={t("comingsLabel", { connects: figure(total.connects), disconnects: figure(total.disconnects) })}
        />
      </section>
      <section className={classes.section}>
        <Title order={2}>{t("deliveries")}</Title>
        <Chart
          option={options.deliveries}
          height={HEIGHT}
          label={t("deliveriesLabel", {
            sent: figure(total.sent),
            received: figure(total.received),
            read: figure(total.read),
          })}
        />
      </section>
    </div>
  );
}
