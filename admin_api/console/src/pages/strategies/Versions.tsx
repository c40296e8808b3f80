import { Checkbox, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { KeptStrategy } from "../../api/schema.js";
import { StrategyGraph } from "../../graph/StrategyGraph.js";
import { strategyInWords } from "../../graph/words.js";
import { Moment } from "../../shell/Moment.js";
import { Loading, ProblemAlert } from "../../shell/states.js";
import { DifferenceTable } from "./DifferenceTable.js";
import { useVersions } from "./queries.js";
import classes from "./Strategies.module.css";

/** Every version of a name; two that are chosen are shown side by side. */
export function Versions({ name }: { name: string }) {
  const { t } = useTranslation("strategies");
  const words = useTranslation("graph").t;
  const versions = useVersions(name);
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const items = versions.data?.items ?? [];
  const toggle = (version: number) =>
    // The third choice takes the place of the one chosen first.
    setChosen(before =>
      before.includes(version) ? before.filter(each => each !== version) : [...before.slice(-1), version],
    );
  const [older, newer] = [...chosen]
    .sort((one, other) => one - other)
    .map(version => items.find(each => each.version === version));
  return (
    <section className={classes.section}>
      <Title order={2}>{t("versions.title")}</Title>
      {versions.isPending && <Loading />}
      {versions.isError && <ProblemAlert error={versions.error} retry={() => void versions.refetch()} />}
      {items.length > 1 && <Text c="dimmed">{t("versions.choose")}</Text>}
      {items.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
        <section className={classes.scroll} tabIndex={0} aria-label={t("versions.title")}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{t("versions.version")}</th>
                <th scope="col">{t("versions.by")}</th>
                <th scope="col">{t("versions.at")}</th>
                <th scope="col">{t("versions.what")}</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ version, by, at, strategy }) => (
                <tr key={version}>
                  <th scope="row">
                    {items.length > 1 && version !== null ? (
                      <Checkbox
                        size="xs"
                        label={version}
                        aria-label={t("versions.compare", { version })}
                        checked={chosen.includes(version)}
                        onChange={() => toggle(version)}
                      />
                    ) : (
                      version
                    )}
                  </th>
                  <td>{by}</td>
                  <td>{at !== null && <Moment at={at} />}</td>
                  <td>{strategyInWords(strategy, words)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {older !== undefined && newer !== undefined && <Sides older={older} newer={newer} />}
    </section>
  );
}

function Sides({ older, newer }: { older: KeptStrategy; newer: KeptStrategy }) {
  const { t } = useTranslation("strategies");
  const [before, after] = [older, newer].map(each => t("tag.version", { version: each.version }));
  return (
    <>
      <Title order={2}>{t("versions.differences", { before: older.version, after: newer.version })}</Title>
      <DifferenceTable
        before={older.strategy}
        after={newer.strategy}
        beforeLabel={before ?? ""}
        afterLabel={after ?? ""}
      />
      <div className={classes.sides}>
        {[older, newer].map(each => (
          <div key={each.version} className={classes.side}>
            <Title order={3}>{t("tag.version", { version: each.version })}</Title>
            <StrategyGraph strategy={each.strategy} />
          </div>
        ))}
      </div>
    </>
  );
}
