import i18next from "i18next";

/**
 * In whose manner figures and times are written: in the language of the words, and of its regions in the one that the
 * browser is set to (the day before the month or after it).
 */
export function locale(): string {
  const language = i18next.language || "en";
  if (language.includes("-")) return language;
  return navigator.languages.find(tag => tag === language || tag.startsWith(`${language}-`)) ?? language;
}
