import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Audience } from "../../api/schema.js";
import { figure } from "../../format/figures.js";
import type { Expression } from "../../target/expression.js";
import { writtenAttribute, writtenValue } from "../../target/tokens.js";
import classes from "./Breakdown.module.css";
import { holds, narrowed, widened } from "./filter.js";

interface BreakdownProps {
  readonly audience: Audience;
  readonly filter: string;
  readonly onFilter: (filter: string) => void;
}

const FEW = 6;
/** An attribute of more values tells terminals apart one by one, and is not worth a chip each. */
const MOST_VALUES = 12;

/** Whom the filter means by group and by attribute; a chip narrows the filter, or widens it again. */
export function Breakdown({ audience, filter, onFilter }: BreakdownProps) {
  const { t } = useTranslation("terminals");
  const groups = Object.entries(audience.by_group)
    .sort(([, one], [, other]) => other - one)
    .map(([name, connections]) => ({ label: name, connections, clause: { groups: [name] } as Expression }));
  const attributes = Object.entries(audience.by_attribute)
    .filter(([, held]) => held.length > 0 && held.length <= MOST_VALUES)
    .map(([name, held]) => ({
      name,
      chips: held.map(({ value, connections }) => ({
        label: writtenValue(value),
        connections,
        clause: { attr: name, op: "eq", value } as Expression,
      })),
    }));
  return (
    <div className={classes.breakdown}>
      {groups.length > 0 && <Line title={t("breakdown.groups")} chips={groups} {...{ filter, onFilter }} />}
      {attributes.map(({ name, chips }) => (
        <Line key={name} title={writtenAttribute(name)} chips={chips} {...{ filter, onFilter }} />
      ))}
    </div>
  );
}

interface Chip {
  readonly label: string;
  readonly connections: number;
  readonly clause: Expression;
}

function Line({
  title,
  chips,
  filter,
  onFilter,
}: { title: string; chips: readonly Chip[] } & Omit<BreakdownProps, "audience">) {
  const { t } = useTranslation("terminals");
  const [all, setAll] = useState(false);
  return (
    <div className={classes.line}>
      <span className={classes.title}>{title}</span>
      <ul className={classes.chips}>
        {chips.slice(0, all ? chips.length : FEW).map(({ label, connections, clause }) => {
          const on = holds(filter, clause);
          return (
            <li key={label}>
              <button
                type="button"
                className={classes.chip}
                aria-pressed={on}
                onClick={() => onFilter(on ? widened(filter, clause) : narrowed(filter, clause))}
              >
                {label} <span className={`${classes.count} tabular`}>{figure(connections)}</span>
              </button>
            </li>
          );
        })}
        {chips.length > FEW && (
          <li>
            <Button size="compact-xs" variant="subtle" onClick={() => setAll(!all)}>
              {all ? t("breakdown.fewer") : t("breakdown.more", { count: chips.length - FEW })}
            </Button>
          </li>
        )}
      </ul>
    </div>
  );
}
