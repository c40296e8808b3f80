import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { StrategyGiven } from "../../graph/strategy.js";
import { differences } from "./difference.js";
import classes from "./Strategies.module.css";

interface DifferenceTableProps {
  readonly before: StrategyGiven;
  readonly after: StrategyGiven;
  readonly beforeLabel: string;
  readonly afterLabel: string;
}

/** The members in which two strategies differ, side by side. */
export function DifferenceTable({ before, after, beforeLabel, afterLabel }: DifferenceTableProps) {
  const { t } = useTranslation("strategies");
  const found = differences(before, after);
  if (found.length === 0) return <Text c="dimmed">{t("difference.none")}</Text>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section className={classes.scroll} tabIndex={0} aria-label={t("difference.label")}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t("difference.member")}</th>
            <th scope="col">{beforeLabel}</th>
            <th scope="col">{afterLabel}</th>
          </tr>
        </thead>
        <tbody>
          {found.map(({ path, before: was, after: is }) => (
            <tr key={path}>
              <th scope="row">
                <code>{path}</code>
              </th>
              <td>{was == null ? <span className={classes.absent}>{t("difference.absent")}</span> : shown(was)}</td>
              <td>{is == null ? <span className={classes.absent}>{t("difference.absent")}</span> : shown(is)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const shown = (value: unknown) => <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>;
