import { Anchor, NativeSelect, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { answered } from "../../api/client.js";
import { useApi } from "../../api/context.js";
import { SLOWLY } from "../../api/live.js";
import { figure } from "../../format/figures.js";
import { Empty, Loading, ProblemAlert } from "../../shell/states.js";
import { print } from "../../target/print.js";
import { byAttribute, byGroup, type Part } from "./breakdown.js";
import classes from "./Overview.module.css";

/** Who is connected, by group and by any attribute. */
export function Breakdown() {
  const { t } = useTranslation("overview");
  const api = useApi();
  const [chosen, setChosen] = useState<string | null>(null);
  const summary = useQuery({
    queryKey: ["terminals", "summary", "all"],
    queryFn: async () => answered(await api.GET("/v1/terminals/summary", { params: { query: {} } })).audience,
    ...SLOWLY,
  });
  if (summary.isPending) return <Loading />;
  if (summary.isError) return <ProblemAlert error={summary.error} retry={() => void summary.refetch()} />;
  if (summary.data.connections === 0) {
    return (
      <Empty title={t("nobody")} command="fanfare simulate --terminals 200">
        {t("nobodyDetail")}
      </Empty>
    );
  }
  const names = Object.keys(summary.data.by_attribute).sort();
  const name = chosen !== null && names.includes(chosen) ? chosen : (names[0] ?? null);
  return (
    <div className={classes.even}>
      <section className={classes.section} aria-label={t("byGroup")}>
        <div className={classes.heading}>
          <Title order={2}>{t("byGroup")}</Title>
        </div>
        <Bars parts={byGroup(summary.data)} of={summary.data.connections} />
      </section>
      <section className={classes.section} aria-label={t("byAttribute")}>
        <div className={classes.heading}>
          <Title order={2}>{t("byAttribute")}</Title>
          {name !== null && (
            <NativeSelect
              size="xs"
              aria-label={t("attribute")}
              value={name}
              data={names}
              onChange={event => setChosen(event.currentTarget.value)}
            />
          )}
        </div>
        {name === null ? (
          <Text c="dimmed">{t("noAttributes")}</Text>
        ) : (
          <Bars parts={byAttribute(summary.data, name)} of={summary.data.connections} />
        )}
      </section>
    </div>
  );
}

function Bars({ parts, of }: { parts: readonly Part[]; of: number }) {
  return (
    <dl className={classes.bars}>
      {parts.map(({ label, connections, target }) => [
        <dt key={`${label} name`}>
          <Anchor component={Link} to={`/terminals?${new URLSearchParams({ target: print(target) })}`} title={label}>
            {label}
          </Anchor>
        </dt>,
        <dd key={`${label} bar`} aria-hidden>
          <div className={classes.bar} style={{ width: `${(connections / of) * 100}%` }} />
        </dd>,
        <dd key={`${label} value`} className={`${classes.value} tabular`}>
          {figure(connections)}
        </dd>,
      ])}
    </dl>
  );
}
