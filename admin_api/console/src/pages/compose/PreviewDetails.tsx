import { Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Preview } from "../../api/schema.js";
import { figure } from "../../format/figures.js";
import classes from "./Compose.module.css";

/** Topics beyond these are counted, not listed. */
const TOPICS_SHOWN = 5;

/** What not everybody asks: some of the terminals by name, and what the cost goes by. */
export function PreviewDetails({ preview }: { preview: Preview }) {
  const { t } = useTranslation("compose");
  const { sample, cost, topics } = preview;
  return (
    <div className={classes.details}>
      {sample.length > 0 && (
        <details>
          <summary>{t("sample.heading", { count: sample.length })}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
          <section className={classes.scroll} tabIndex={0} aria-label={t("sample.table")}>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t("sample.terminal")}</Table.Th>
                  <Table.Th scope="col">{t("sample.groups")}</Table.Th>
                  <Table.Th scope="col">{t("sample.attributes")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {sample.map(terminal => (
                  <Table.Tr key={terminal.connection_id}>
                    <Table.Td>{terminal.terminal_id}</Table.Td>
                    <Table.Td>{terminal.groups.join(", ")}</Table.Td>
                    <Table.Td>
                      {Object.entries(terminal.attributes)
                        .map(([name, value]) => `${name}=${value}`)
                        .join("  ")}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </section>
        </details>
      )}
      <details>
        <summary>{t("cost.heading")}</summary>
        <ul className={classes.list}>
          {cost.assumes.map(assumption => (
            <li key={assumption}>{assumption}</li>
          ))}
          <li>
            {t("cost.reads", {
              topics: topics.slice(0, TOPICS_SHOWN).join(", "),
              count: topics.length,
              total: figure(topics.length),
            })}
          </li>
        </ul>
      </details>
    </div>
  );
}
