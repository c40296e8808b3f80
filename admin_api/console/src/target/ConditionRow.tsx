import { Autocomplete, NativeSelect, TagsInput, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./AudienceBuilder.module.css";
import type { Vocabulary } from "./completion.js";
import { ASKED_KINDS, type Asked, asAnother, type Condition, comparedBy, typedOf, valueTyped } from "./draft.js";
import { faultOfName, faultOfValue, type Op, type Value } from "./expression.js";
import { NotToggle } from "./NotToggle.js";
import { RemoveButton } from "./RemoveButton.js";

const OPS: readonly Op[] = ["eq", "ne", "in", "lt", "le", "gt", "ge", "prefix", "exists"];
const MOST_OFFERED = 50;

interface ConditionRowProps {
  readonly condition: Condition;
  readonly vocabulary: Vocabulary;
  readonly onChange: (condition: Condition) => void;
  readonly onRemove: () => void;
}

/** One condition: what is asked, of which names, or of which attribute and value. */
export function ConditionRow({ condition, vocabulary, onChange, onRemove }: ConditionRowProps) {
  const { t } = useTranslation("target");
  const { asks, negated } = condition;
  const ask = (next: Asked) => onChange({ ...condition, asks: next });
  return (
    <div className={classes.row}>
      <NotToggle negated={negated} onChange={next => onChange({ ...condition, negated: next })} />
      <NativeSelect
        size="xs"
        className={classes.kind}
        aria-label={t("builder.asks")}
        value={asks.kind}
        onChange={event => ask(asAnother(asks, event.currentTarget.value as Asked["kind"]))}
        data={ASKED_KINDS.map(kind => ({ value: kind, label: t(`kind.${kind}`) }))}
      />
      {asks.kind === "attribute" ? (
        <Comparison asks={asks} vocabulary={vocabulary} onChange={ask} />
      ) : asks.kind === "all" ? (
        <Text c="dimmed">{t("builder.everybody")}</Text>
      ) : (
        <TagsInput
          size="xs"
          className={classes.names}
          aria-label={t(`names.${asks.kind}`)}
          placeholder={asks.names.length === 0 ? t(`names.${asks.kind}`) : ""}
          value={[...asks.names]}
          onChange={names => ask({ ...asks, names: names.filter(name => faultOfName(name) === null) })}
          data={vocabulary.names[asks.kind].map(each => each.value)}
          limit={MOST_OFFERED}
          splitChars={[]}
          acceptValueOnBlur
          clearable={false}
        />
      )}
      <RemoveButton label={t("builder.remove")} onClick={onRemove} />
    </div>
  );
}

interface ComparisonProps {
  readonly asks: Extract<Asked, { kind: "attribute" }>;
  readonly vocabulary: Vocabulary;
  readonly onChange: (asks: Asked) => void;
}

function Comparison({ asks, vocabulary, onChange }: ComparisonProps) {
  const { t } = useTranslation("target");
  const { name, op, values } = asks;
  const held = (vocabulary.attributes.get(name) ?? []).map(each => typedOf(each.value));
  const take = (typed: readonly string[]) =>
    onChange({ ...asks, values: typed.map(valueTyped).filter(value => faultOfValue(op, value) === null) });
  return (
    <>
      <Typed
        label={t("builder.attribute")}
        typed={name}
        onTyped={next => onChange({ ...asks, name: next })}
        wrong={next => next !== "" && faultOfName(next) !== null}
        offered={[...vocabulary.attributes.keys()]}
      />
      <NativeSelect
        size="xs"
        className={classes.op}
        aria-label={t("builder.compared")}
        value={op}
        onChange={event => onChange(comparedBy(asks, event.currentTarget.value as Op))}
        data={OPS.map(each => ({ value: each, label: t(`op.${each}`) }))}
      />
      {op === "in" ? (
        <TagsInput
          size="xs"
          className={classes.names}
          aria-label={t("builder.values")}
          placeholder={values.length === 0 ? t("builder.values") : ""}
          value={values.map(typedOf)}
          onChange={take}
          data={held}
          limit={MOST_OFFERED}
          splitChars={[]}
          acceptValueOnBlur
        />
      ) : (
        op !== "exists" && (
          <>
            <Typed
              label={t("builder.value")}
              typed={values[0] === undefined ? "" : typedOf(values[0])}
              onTyped={next => take(next === "" ? [] : [next])}
              wrong={next => next !== "" && faultOfValue(op, valueTyped(next)) !== null}
              offered={held}
            />
            {values[0] !== undefined && <Text className={classes.sort}>{t(`sort.${sortOf(values[0])}`)}</Text>}
          </>
        )
      )}
    </>
  );
}

interface TypedProps {
  readonly label: string;
  readonly typed: string;
  readonly onTyped: (typed: string) => void;
  readonly wrong: (typed: string) => boolean;
  readonly offered: readonly string[];
}

/** A text being typed: it holds what cannot be taken yet, and is read again when what was taken changes. */
function Typed({ label, typed, onTyped, wrong, offered }: TypedProps) {
  const [text, setText] = useState(typed);
  useEffect(() => setText(typed), [typed]);
  return (
    <Autocomplete
      size="xs"
      className={classes.typed}
      aria-label={label}
      placeholder={label}
      value={text}
      error={wrong(text)}
      onChange={next => {
        setText(next);
        if (!wrong(next)) onTyped(next);
      }}
      data={[...new Set(offered)]}
      limit={MOST_OFFERED}
    />
  );
}

function sortOf(value: Value): "text" | "number" | "truth" {
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? "truth" : "number";
}
