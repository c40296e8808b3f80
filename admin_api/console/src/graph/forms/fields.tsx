import { NumberInput, Switch, type SwitchProps, Text, TextInput, type TextInputProps } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { durationInWords, secondsOf } from "../../format/durations.js";
import type { Duration } from "../strategy.js";
import { useEditing } from "./editing.js";

interface FieldProps<T> {
  /** The JSON pointer of the member: what is wrong with it is shown here. */
  readonly pointer: string;
  readonly label: string;
  readonly description?: ReactNode;
  readonly value: T | null | undefined;
  /** Undefined: the field was emptied. */
  readonly onChange: (value: T | undefined) => void;
}

type TextFieldProps = FieldProps<string> &
  Pick<TextInputProps, "placeholder" | "rightSection" | "rightSectionWidth" | "rightSectionPointerEvents">;

/** Text of one line. */
export function TextField({ pointer, value, onChange, ...shown }: TextFieldProps) {
  const { faults, isReadOnly } = useEditing();
  return (
    <TextInput
      {...shown}
      size="xs"
      value={value ?? ""}
      error={faults.get(pointer)}
      readOnly={isReadOnly}
      spellCheck={false}
      onChange={event => onChange(event.currentTarget.value === "" ? undefined : event.currentTarget.value)}
    />
  );
}

/** A length of time as text, `15m`, with what it comes to beside it. */
export function DurationField({ value, onChange, ...shown }: FieldProps<Duration> & { placeholder?: string }) {
  const seconds = value == null ? Number.NaN : secondsOf(value);
  return (
    <TextField
      {...shown}
      value={value == null ? value : String(value)}
      rightSectionWidth={88}
      rightSectionPointerEvents="none"
      rightSection={
        <Text size="xs" c="dimmed" className="tabular">
          {Number.isNaN(seconds) ? "" : durationInWords(seconds)}
        </Text>
      }
      onChange={typed => onChange(typed?.trim())}
    />
  );
}

interface NumberFieldProps extends FieldProps<number> {
  readonly suffix?: string;
  readonly min?: number;
  readonly max?: number;
  readonly decimals?: number;
}

/** A number. Beyond its limits it can be typed, and is said to be wrong. */
export function NumberField({
  pointer,
  label,
  description,
  value,
  onChange,
  suffix,
  min,
  max,
  decimals = 0,
}: NumberFieldProps) {
  const { faults, isReadOnly } = useEditing();
  // `7.` on the way to 7.5 is 7 already, but must stay as it is typed.
  const [draft, setDraft] = useState<string | number>("");
  return (
    <NumberInput
      size="xs"
      label={label}
      description={description}
      value={numberOf(draft) === (value ?? undefined) ? draft : (value ?? "")}
      error={faults.get(pointer)}
      readOnly={isReadOnly}
      clampBehavior="none"
      thousandSeparator=","
      decimalScale={decimals}
      {...(suffix !== undefined && { suffix })}
      {...(min !== undefined && { min })}
      {...(max !== undefined && { max })}
      onChange={given => {
        setDraft(given);
        onChange(numberOf(given));
      }}
    />
  );
}

/** The number that is typed so far; undefined while it is none. */
function numberOf(typed: string | number): number | undefined {
  return typed === "" || Number.isNaN(Number(typed)) ? undefined : Number(typed);
}

/** A number from 0 to 100, of a hundred. */
export function PercentField(props: FieldProps<number>) {
  return <NumberField {...props} suffix=" %" min={0} max={100} decimals={2} />;
}

type SwitchFieldProps = Pick<SwitchProps, "label" | "description" | "checked"> & {
  readonly onChange: (isOn: boolean) => void;
};

/** Something that is done or not. */
export function SwitchField({ onChange, ...shown }: SwitchFieldProps) {
  const { isReadOnly } = useEditing();
  return (
    <Switch {...shown} size="xs" disabled={isReadOnly} onChange={event => onChange(event.currentTarget.checked)} />
  );
}
