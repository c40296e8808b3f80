/** The languages of the console, by BCP 47 tag, each as it calls itself. */
export const LANGUAGES = { en: "English", "zh-CN": "简体中文" } as const;

export type Language = keyof typeof LANGUAGES;

const KEY = "fanfare.language";

/** What was chosen here before, else what the browser asks for. */
export function preferredLanguage(): Language {
  const chosen = localStorage.getItem(KEY);
  if (chosen !== null && chosen in LANGUAGES) return chosen as Language;
  return navigator.languages.find(tag => /^(zh|en)\b/.test(tag))?.startsWith("zh") ? "zh-CN" : "en";
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
}
