import { Text } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useCallback, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ProblemError } from "../api/problem.js";
import { figure } from "../format/figures.js";
import type { Option } from "./completion.js";
import { offsetOf, type TargetFault } from "./fault.js";
import { faultInWords } from "./fault_words.js";
import { COMPARISONS, tryParse } from "./parse.js";
import classes from "./TargetInput.module.css";
import { useVocabulary } from "./vocabulary.js";

const TargetEditor = lazy(() => import("./TargetEditor.js"));

interface TargetInputProps {
  /** The target as text; empty is no fault here. */
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** What the target is for: shown above, and the accessible name. */
  readonly label: string;
  /** The label is only the accessible name. */
  readonly hideLabel?: boolean;
  readonly placeholder?: string;
  /** What the service said of the text: its `invalid_target` is marked at its place until the text changes. */
  readonly error?: ProblemError | null;
  /** What else is wrong with it, such as that it is missing: said of the whole text. */
  readonly fault?: string | undefined;
  /** The key `/` goes here. */
  readonly filterBox?: boolean;
  readonly autoFocus?: boolean;
  /** Enter, where the text is a target or empty. */
  readonly onSubmit?: (value: string) => void;
  /** Shown below while nothing is wrong, such as how many are meant. */
  readonly hint?: ReactNode;
}

/**
 * A target being written: one line that grows, with highlighting, completion of words and of what is connected, and
 * what is wrong under its place. Loads its editor when it is first shown.
 */
export function TargetInput(props: TargetInputProps) {
  const { value, onChange, label, hideLabel = false, placeholder = "", filterBox = false, autoFocus = false } = props;
  const { t } = useTranslation("target");
  const vocabulary = useVocabulary();
  const [focused, setFocused] = useState(false);
  const [left, setLeft] = useState<number | null>(null);
  const [message, setMessage] = useState<HTMLElement | null>(null);
  const [insisted, setInsisted] = useState<string | null>(null);
  const messageId = useId();

  const { fault } = value.trim() === "" ? { fault: null } : tryParse(value);
  const said = useSaid(props.error ?? null, value);
  const own = fault !== null && (!fault.unfinished || !focused || insisted === value) ? fault : null;
  const whole = props.fault === undefined ? null : { span: { offset: 0, end: value.length }, words: props.fault };
  const shown = own === null ? (said ?? whole) : { span: own, words: faultInWords(own, t) };

  const submit = useCallback((): boolean => {
    if (fault === null) props.onSubmit?.(value);
    else setInsisted(value);
    return true;
  }, [fault, props.onSubmit, value]);
  const detail = useCallback(
    ({ label: word, connections }: Option): string => {
      if (connections !== null) return figure(connections);
      return hasMeaning(word) ? t(`completion.${MEANINGS[word]}`) : "";
    },
    [t],
  );

  return (
    <div className={classes.field}>
      {!hideLabel && (
        <Text component="span" fw={500} aria-hidden className={classes.label}>
          {label}
        </Text>
      )}
      <div className={classes.box} data-invalid={shown !== null || undefined}>
        <Suspense fallback={<div className={classes.waiting}>{value === "" ? placeholder : value}</div>}>
          <TargetEditor
            {...{ value, onChange, label, placeholder, vocabulary, detail, filterBox, autoFocus }}
            onSubmit={submit}
            onFocus={setFocused}
            onMarked={setLeft}
            fault={shown?.span ?? null}
            describedBy={message}
          />
        </Suspense>
      </div>
      <div ref={setMessage} id={messageId} className={classes.below} aria-live="polite">
        {shown === null ? props.hint : <Fault words={firstLine(shown.words)} left={left ?? 0} />}
      </div>
    </div>
  );
}

/** The words under their place: a mark at the character, and as much beside it as there is room for. */
function Fault({ words, left }: { words: string; left: number }) {
  return (
    <div className={classes.fault}>
      <span className={classes.pointer} style={{ left: `clamp(0px, ${left}px, 100% - 9px)` }} aria-hidden />
      <span className={classes.words} style={{ marginLeft: `clamp(0px, ${left - 8}px, max(0px, 100% - 380px))` }}>
        {words}
      </span>
    </div>
  );
}

/** What the service said of exactly this text. */
function useSaid(error: ProblemError | null, value: string) {
  const [of, setOf] = useState({ error, value });
  if (of.error !== error) setOf({ error, value });
  if (error === null || error.code !== "invalid_target" || of.error !== error || of.value !== value) return null;
  const position = error.problem["position"];
  const offset = typeof position === "number" ? offsetOf(value, position) : 0;
  const end = offset + (/^[^\s(),]+/.exec(value.slice(offset))?.[0].length ?? 0);
  return { span: { offset, end } satisfies Pick<TargetFault, "offset" | "end">, words: error.detail };
}

const firstLine = (text: string): string => text.split("\n")[0] ?? text;

/** What is said of a word or sign of the language, as a message of `completion`. */
const MEANINGS = {
  ...COMPARISONS,
  "group:": "group",
  "user:": "user",
  "terminal:": "terminal",
  "connection:": "connection",
  all: "all",
  and: "and",
  or: "or",
  not: "not",
  has: "has",
  "(": "open",
} as const;

const hasMeaning = (word: string): word is keyof typeof MEANINGS => Object.hasOwn(MEANINGS, word);
