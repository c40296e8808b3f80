import { Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./AudienceBuilder.module.css";
import { draftOf, type Junction, targetOf, withPart } from "./draft.js";
import { faultInWords } from "./fault_words.js";
import { JunctionBox } from "./JunctionBox.js";
import { tryParse } from "./parse.js";
import { print } from "./print.js";
import { useVocabulary } from "./vocabulary.js";

interface AudienceBuilderProps {
  /** The target as text; empty means everybody, unless `blank` is given. */
  readonly value: string;
  /** Gets the target as text. A condition without a name or a value is not in it yet. */
  readonly onChange: (value: string) => void;
  /** Where nobody is meant until somebody says whom: what is shown then. Boxes without a condition are empty text again. */
  readonly blank?: string;
}

/** The text of a target as boxes of conditions, and back: each edit is written as text at once. */
export function AudienceBuilder({ value, onChange, blank }: AudienceBuilderProps) {
  const { t } = useTranslation("target");
  const vocabulary = useVocabulary();
  const [shown, setShown] = useState(() => ({ root: read(value) ?? draftOf({ all: true }), text: value }));
  const { fault } = value.trim() === "" ? { fault: null } : tryParse(value);
  // Whatever else changes the text, is what the boxes then show.
  if (value !== shown.text) {
    const root = read(value);
    if (root !== null) setShown({ root, text: value });
  }
  const edit = (root: Junction) => {
    const target = targetOf(root);
    // Nothing written means everybody as well, or nobody yet: never everybody because a condition was taken away.
    const unsaid = "all" in target && (blank !== undefined || value.trim() === "");
    const text = unsaid ? "" : print(target);
    setShown({ root, text });
    if (text !== value) onChange(text);
  };
  if (fault !== null) {
    return (
      <Text className={classes.refused} role="status">
        {t("builder.refused", { fault: faultInWords(fault, t) })}
      </Text>
    );
  }
  return (
    <JunctionBox
      junction={shown.root}
      depth={1}
      unsaid={value.trim() === "" ? blank : undefined}
      vocabulary={vocabulary}
      onChange={edit}
      onPart={(id, change) => edit(withPart(shown.root, id, change))}
    />
  );
}

function read(text: string): Junction | null {
  if (text.trim() === "") return draftOf({ all: true });
  const { expression } = tryParse(text);
  return expression === null ? null : draftOf(expression);
}
