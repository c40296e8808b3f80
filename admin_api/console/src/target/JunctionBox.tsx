import { Button, SegmentedControl, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import classes from "./AudienceBuilder.module.css";
import { ConditionRow } from "./ConditionRow.js";
import type { Vocabulary } from "./completion.js";
import { type Draft, type Junction, newCondition, newJunction } from "./draft.js";
import { BOUNDS } from "./expression.js";
import { NotToggle } from "./NotToggle.js";
import { RemoveButton } from "./RemoveButton.js";

interface JunctionBoxProps {
  readonly junction: Junction;
  /** Levels from the outermost box, which has 1. */
  readonly depth: number;
  readonly vocabulary: Vocabulary;
  /** What the outermost box says while it is empty and does not mean everybody. */
  readonly unsaid?: string | undefined;
  readonly onChange: (junction: Junction) => void;
  /** Changes a part anywhere in the whole draft; null takes it out. */
  readonly onPart: (id: number, change: (part: Draft) => Draft | null) => void;
}

/** Conditions of which all or any must hold; boxes may stand in boxes. */
export function JunctionBox({ junction, depth, vocabulary, unsaid, onChange, onPart }: JunctionBoxProps) {
  const { t } = useTranslation("target");
  const { op, of, negated } = junction;
  const add = (part: Draft) => onChange({ ...junction, of: [...of, part] });
  // A box, a not and a condition in it: deeper than that the service reads no target.
  const mayNest = depth + 2 < BOUNDS.depth;
  return (
    <fieldset className={classes.box} data-outer={depth === 1 || undefined}>
      <legend className="visually-hidden">{t(`builder.${op}`)}</legend>
      <div className={classes.head}>
        {depth > 1 && <NotToggle negated={negated} onChange={next => onChange({ ...junction, negated: next })} />}
        {of.length > 1 || depth > 1 ? (
          <SegmentedControl
            size="xs"
            value={op}
            onChange={next => onChange({ ...junction, op: next === "any" ? "any" : "every" })}
            data={[
              { value: "every", label: t("builder.every") },
              { value: "any", label: t("builder.any") },
            ]}
            aria-label={t("builder.which")}
          />
        ) : (
          of.length === 0 && <Text c="dimmed">{unsaid ?? t("builder.everybody")}</Text>
        )}
        {depth > 1 && <RemoveButton label={t("builder.removeBox")} onClick={() => onPart(junction.id, () => null)} />}
      </div>
      {of.length > 0 && (
        <ul className={classes.parts}>
          {of.map((part, place) => (
            <li key={part.id} className={classes.part}>
              {place > 0 && (
                <span className={classes.joint} aria-hidden>
                  {t(op === "any" ? "builder.or" : "builder.and")}
                </span>
              )}
              {part.is === "junction" ? (
                <JunctionBox
                  junction={part}
                  depth={depth + 1}
                  vocabulary={vocabulary}
                  onChange={next => onPart(part.id, () => next)}
                  onPart={onPart}
                />
              ) : (
                <ConditionRow
                  condition={part}
                  vocabulary={vocabulary}
                  onChange={next => onPart(part.id, () => next)}
                  onRemove={() => onPart(part.id, () => null)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      <div className={classes.foot}>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => add(newCondition())}
        >
          {t("builder.condition")}
        </Button>
        {mayNest && (
          <Button
            size="xs"
            variant="subtle"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => add(newJunction(op === "any" ? "every" : "any", [newCondition()]))}
          >
            {t("builder.box")}
          </Button>
        )}
      </div>
    </fieldset>
  );
}
