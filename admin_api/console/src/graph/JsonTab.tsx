import { Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sameJson } from "../api/json.js";
import classes from "./StrategyEditor.module.css";
import { type ShapeFault, shaped } from "./shape.js";
import type { StrategyGiven } from "./strategy.js";
import type { GraphWords } from "./words.js";

interface JsonTabProps {
  readonly value: StrategyGiven;
  readonly onChange: (next: StrategyGiven) => void;
  /** Whether the text is a strategy: while it is none, `value` stays what it was. */
  readonly onReadable: (isReadable: boolean) => void;
  readonly isReadOnly: boolean;
}

/** A strategy as its JSON. */
export function JsonTab({ value, onChange, onReadable, isReadOnly }: JsonTabProps) {
  const { t } = useTranslation("graph");
  const [draft, setDraft] = useState<{ text: string; of: StrategyGiven } | null>(null);
  // What was changed elsewhere meanwhile is shown as it is now.
  const text = draft !== null && sameJson(draft.of, value) ? draft.text : JSON.stringify(value, null, 2);
  const read = readStrategy(text);
  return (
    <Textarea
      size="xs"
      rows={Math.min(32, Math.max(12, text.split("\n").length + 1))}
      label={t("json.label")}
      description={t("json.hint")}
      classNames={{ input: classes.json ?? "" }}
      value={text}
      readOnly={isReadOnly}
      spellCheck={false}
      error={"fault" in read ? faultInWords(read.fault, t) : undefined}
      onChange={event => {
        const next = readStrategy(event.currentTarget.value);
        onReadable("strategy" in next);
        setDraft({ text: event.currentTarget.value, of: "strategy" in next ? next.strategy : value });
        if ("strategy" in next) onChange(next.strategy);
      }}
    />
  );
}

type Read = { strategy: StrategyGiven } | { fault: ShapeFault | string };

function readStrategy(text: string): Read {
  try {
    return shaped(JSON.parse(text) as unknown);
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function faultInWords(fault: ShapeFault | string, t: GraphWords): string {
  if (typeof fault === "string") return t("json.syntax", { fault });
  const { pointer, expected } = fault;
  if (typeof expected !== "string") return t("json.oneOf", { pointer, values: expected.join(", ") });
  return t(`json.expected.${expected}`, { pointer: pointer === "" ? "/" : pointer });
}
