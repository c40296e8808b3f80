import { NativeSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { changeLanguage } from "../words/index.js";
import { LANGUAGES, type Language } from "../words/languages.js";

/** In which language the console speaks. */
export function LanguageChoice() {
  const { t, i18n } = useTranslation("shell");
  return (
    <NativeSelect
      size="xs"
      label={t("language")}
      value={i18n.language}
      data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
      onChange={event => void changeLanguage(event.currentTarget.value as Language)}
    />
  );
}
