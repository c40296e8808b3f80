import { Button, Table } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { KeptStrategy, Preview } from "../../api/schema.js";
import { durationInWords } from "../../format/durations.js";
import { dollars, figure } from "../../format/figures.js";
import { Moment } from "../../shell/Moment.js";
import { ProblemAlert } from "../../shell/states.js";
import classes from "./Compose.module.css";
import { outcomeOf } from "./outcome.js";
import { StrategySelect } from "./StrategyChoice.js";
import type { Previewed } from "./usePreview.js";

/** The strategy that sends at once. */
const AT_ONCE = "now";

interface ComparisonProps {
  /** What is to be sent. */
  readonly name: string;
  readonly preview: Preview;
  /** The strategy it is compared with. */
  readonly compared: string | null;
  readonly other: Previewed;
  readonly strategies: readonly KeptStrategy[];
  readonly onCompare: (name: string | null) => void;
}

/** A second strategy over the same audience: when it reaches all, when it ends, what it costs. */
export function Comparison({ name, preview, compared, other, strategies, onCompare }: ComparisonProps) {
  const { t } = useTranslation("compose");
  return (
    <section className={classes.comparison} aria-label={t("compare.heading")}>
      <div className={classes.compareBar}>
        <StrategySelect
          label={t("compare.with")}
          value={compared}
          strategies={strategies}
          onChange={onCompare}
          placeholder={t("compare.none")}
        />
        {compared === null && name !== AT_ONCE && (
          <Button variant="default" onClick={() => onCompare(AT_ONCE)}>
            {t("compare.atOnce")}
          </Button>
        )}
        {compared !== null && (
          <Button variant="default" leftSection={<IconX size={14} aria-hidden />} onClick={() => onCompare(null)}>
            {t("compare.end")}
          </Button>
        )}
      </div>
      {compared !== null && other.problem !== null && <ProblemAlert error={other.problem} retry={other.again} />}
      {compared !== null && other.problem === null && other.preview !== null && (
        <Outcomes name={name} preview={preview} compared={compared} other={other.preview} />
      )}
    </section>
  );
}

interface OutcomesProps {
  readonly name: string;
  readonly preview: Preview;
  readonly compared: string;
  readonly other: Preview;
}

function Outcomes({ name, preview, compared, other }: OutcomesProps) {
  const { t } = useTranslation("compose");
  const [one, two] = [outcomeOf(preview), outcomeOf(other)];
  const later = (Date.parse(two.endsAt) - Date.parse(one.endsAt)) / 1_000;
  return (
    <>
      <div className={classes.scroll}>
        <Table className="tabular">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t("compare.strategy")}</Table.Th>
              <Table.Th scope="col">{t("compare.terminals")}</Table.Th>
              <Table.Th scope="col">{t("figure.reached")}</Table.Th>
              <Table.Th scope="col">{t("figure.ends")}</Table.Th>
              <Table.Th scope="col">{t("figure.cost")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {(
              [
                [name, one],
                [compared, two],
              ] as const
            ).map(([strategy, outcome], row) => (
              <Table.Tr key={row === 0 ? "chosen" : "compared"}>
                <Table.Th scope="row">{strategy}</Table.Th>
                <Table.Td>{figure(outcome.terminals)}</Table.Td>
                <Table.Td>
                  {outcome.reachedAt === null ? t("figure.nobody") : <Moment at={outcome.reachedAt} />}
                </Table.Td>
                <Table.Td>
                  <Moment at={outcome.endsAt} />
                </Table.Td>
                <Table.Td>{dollars(outcome.usd)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <p className={classes.hint}>
        {Math.abs(later) < 1
          ? t("compare.same", { name: compared })
          : t(later < 0 ? "compare.earlier" : "compare.later", {
              name: compared,
              time: durationInWords(Math.abs(later)),
            })}
      </p>
    </>
  );
}
