import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { figure } from "../../format/figures.js";

interface NumberToTypeProps {
  readonly wanted: number;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** Asks to type how many terminals it is, so that nobody sends to so many by a slip. */
export function NumberToType({ wanted, value, onChange }: NumberToTypeProps) {
  const { t } = useTranslation("compose");
  return (
    <TextInput
      label={t("confirm.type", { number: figure(wanted) })}
      inputMode="numeric"
      autoComplete="off"
      data-autofocus
      value={value}
      onChange={event => onChange(event.currentTarget.value)}
    />
  );
}
