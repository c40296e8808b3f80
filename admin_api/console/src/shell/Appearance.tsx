import { NativeSelect, useMantineColorScheme } from "@mantine/core";
import { useTranslation } from "react-i18next";

const SCHEMES = ["auto", "light", "dark"] as const;

/** Light, dark, or as the system has it. */
export function Appearance() {
  const { t } = useTranslation("shell");
  // Holding transitions back would take a style element, which the content security policy forbids.
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  return (
    <NativeSelect
      size="xs"
      label={t("theme.label")}
      value={colorScheme}
      data={SCHEMES.map(value => ({ value, label: t(`theme.${value}`) }))}
      onChange={event => {
        const chosen = SCHEMES.find(each => each === event.currentTarget.value);
        if (chosen !== undefined) setColorScheme(chosen);
      }}
    />
  );
}
