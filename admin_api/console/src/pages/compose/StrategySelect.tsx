import { Combobox, InputBase, useCombobox } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { KeptStrategy } from "../../api/schema.js";
import { StrategyThumbnail } from "../../graph/StrategyThumbnail.js";
import { strategyInWords } from "../../graph/words.js";
import classes from "./Compose.module.css";

interface StrategySelectProps {
  readonly label: string;
  /** The label is only the accessible name. */
  readonly isLabelHidden?: boolean;
  readonly value: string | null;
  readonly strategies: readonly KeptStrategy[];
  readonly onChange: (name: string) => void;
  readonly placeholder?: string;
}

/** Every strategy with its steps and its words, one of which is chosen. */
export function StrategySelect({
  label,
  value,
  strategies,
  onChange,
  placeholder = "",
  isLabelHidden = false,
}: StrategySelectProps) {
  const { t } = useTranslation("compose");
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  return (
    <Combobox
      store={combobox}
      width={isLabelHidden ? 340 : "target"}
      position={isLabelHidden ? "bottom-end" : "bottom-start"}
      onOptionSubmit={name => {
        onChange(name);
        combobox.closeDropdown();
      }}
    >
      <Combobox.Target targetType="button">
        <InputBase
          component="button"
          type="button"
          pointer
          {...(isLabelHidden ? { "aria-label": label, size: "xs" } : { label })}
          rightSection={<Combobox.Chevron />}
          rightSectionPointerEvents="none"
          onClick={() => combobox.toggleDropdown()}
        >
          {value ?? <span className={classes.hint}>{placeholder}</span>}
        </InputBase>
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Options mah={380} style={{ overflowY: "auto" }} aria-label={label}>
          {strategies.map(({ name, strategy, built_in }) => (
            <Combobox.Option key={name} value={name} active={name === value} aria-selected={name === value}>
              <span className={classes.option}>
                <span className={classes.optionHead}>
                  <strong>{name}</strong>
                  {!built_in && <span className={classes.hint}>{t("strategy.own")}</span>}
                </span>
                <span aria-hidden>
                  <StrategyThumbnail strategy={strategy} />
                </span>
                <span className={classes.hint}>{strategyInWords(strategy)}</span>
              </span>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
