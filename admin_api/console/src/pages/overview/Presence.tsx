import { useTranslation } from "react-i18next";
import { figure } from "../../format/figures.js";
import { Loading, ProblemAlert } from "../../shell/states.js";
import { useActivity, useStats } from "./figures.js";
import classes from "./Overview.module.css";
import { Sparkline } from "./Sparkline.js";

/** How many are connected now, and how that went over the last hour. */
export function Presence() {
  const { t } = useTranslation("overview");
  const stats = useStats();
  const activity = useActivity();
  if (stats.isPending) return <Loading />;
  if (stats.isError) return <ProblemAlert error={stats.error} retry={() => void stats.refetch()} />;
  const { connections, terminals, users, groups } = stats.data.presence;
  const curve = [...(activity.data?.points.map(point => point.connections) ?? []), connections];
  return (
    <section className={classes.presence} aria-label={t("now")}>
      <dl className={classes.now}>
        <dt>{t("connected")}</dt>
        <dd className="tabular">{figure(connections)}</dd>
      </dl>
      <Sparkline
        values={curve}
        label={t("spark", { least: figure(Math.min(...curve)), most: figure(Math.max(...curve)) })}
      />
      <dl className={classes.figures}>
        {(
          [
            ["terminals", terminals],
            ["users", users],
            ["groups", groups],
          ] as const
        ).map(([name, value]) => (
          <div key={name}>
            <dt>{t(name)}</dt>
            <dd className="tabular">{figure(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
