import { ActionIcon, Button, Table } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { KeptStrategy, Preview } from "../../api/schema.js";
import { durationInWords } from "../../format/durations.js";
import { dollars, figure } from "../../format/figures.js";
import { Moment } from "../../shell/Moment.js";
import classes from "./Compose.module.css";
import { type Outcome, outcomeOf } from "./outcome.js";
import { StrategySelect } from "./StrategySelect.js";

/** The strategy that sends at once. */
const AT_ONCE = "now";

interface CompareChoiceProps {
  /** The strategy that is to be sent by. */
  readonly name: string;
  readonly compared: string | null;
  readonly strategies: readonly KeptStrategy[];
  readonly onCompare: (name: string | null) => void;
}

/** Which other strategy is laid over the same audience, if any. */
export function CompareChoice({ name, compared, strategies, onCompare }: CompareChoiceProps) {
  const { t } = useTranslation("compose");
  if (strategies.length === 0) return null;
  return (
    <div className={classes.compareBar}>
      {compared === null && name !== AT_ONCE && (
        <Button size="xs" variant="default" onClick={() => onCompare(AT_ONCE)}>
          {t("compare.atOnce")}
        </Button>
      )}
      <StrategySelect
        label={compared === null ? t("compare.none") : t("compare.chosen", { name: compared })}
        isLabelHidden
        value={compared}
        strategies={strategies}
        onChange={onCompare}
        placeholder={t("compare.none")}
      />
      {compared !== null && (
        <ActionIcon variant="default" size={30} aria-label={t("compare.end")} onClick={() => onCompare(null)}>
          <IconX size={14} aria-hidden />
        </ActionIcon>
      )}
    </div>
  );
}

interface ComparisonProps {
  readonly name: string;
  readonly preview: Preview;
  readonly compared: string;
  readonly other: Preview;
}

/** Two strategies over one audience: whom they reach, when the last one, when all is done, what it costs. */
export function Comparison({ name, preview, compared, other }: ComparisonProps) {
  const { t } = useTranslation("compose");
  const [one, two] = [outcomeOf(preview), outcomeOf(other)];
  const later = (Date.parse(two.endsAt) - Date.parse(one.endsAt)) / 1_000;
  const time = durationInWords(Math.abs(later));
  const said = later < 0 ? "compare.earlier" : "compare.later";
  return (
    <section aria-label={t("compare.heading")}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to scroll by keys too */}
      <div className={classes.scroll} tabIndex={0}>
        <Table className="tabular" verticalSpacing={6}>
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
            <Row name={name} outcome={one} />
            <Row name={compared} outcome={two} compared />
          </Table.Tbody>
        </Table>
      </div>
      <p className={classes.hint}>
        {Math.abs(later) < 1 ? t("compare.same", { name: compared }) : t(said, { name: compared, time })}
      </p>
    </section>
  );
}

function Row({ name, outcome, compared = false }: { name: string; outcome: Outcome; compared?: boolean }) {
  const { t } = useTranslation("compose");
  return (
    <Table.Tr>
      <Table.Th scope="row">
        <span className={classes.line} data-compared={compared} aria-hidden />
        {name}
      </Table.Th>
      <Table.Td>{figure(outcome.terminals)}</Table.Td>
      <Table.Td>{outcome.reachedAt === null ? t("figure.nobody") : <Moment at={outcome.reachedAt} />}</Table.Td>
      <Table.Td>
        <Moment at={outcome.endsAt} />
      </Table.Td>
      <Table.Td>{dollars(outcome.usd)}</Table.Td>
    </Table.Tr>
  );
}
