import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type english from "./en/index.js";
import { type Language, preferredLanguage, rememberLanguage } from "./languages.js";

/** All messages of a language, by the part of the console that they belong to. */
export type Words = typeof english;

const LOADERS: Record<Language, () => Promise<{ default: Record<string, object> }>> = {
  en: () => import("./en/index.js"),
  "zh-CN": () => import("./zh-CN/index.js"),
};

/** Loads the messages of the preferred language; another one is loaded when it is chosen. */
export async function startWords(language: Language = preferredLanguage()): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: { [language]: (await LOADERS[language]()).default as never },
    defaultNS: "shell",
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = language;
}

export async function changeLanguage(language: Language): Promise<void> {
  for (const [part, messages] of Object.entries((await LOADERS[language]()).default)) {
    i18next.addResourceBundle(language, part, messages);
  }
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  rememberLanguage(language);
}
