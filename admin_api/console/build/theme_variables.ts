import { convertCssVariables, DEFAULT_THEME, defaultCssVariablesResolver, mergeMantineTheme } from "@mantine/core";
import type { Plugin } from "vite";
import { theme } from "../src/look/theme.ts";

const NAME = "virtual:theme-variables.css";
const RESOLVED = `\0${NAME}`;

/** The theme's CSS variables as a style sheet: written at build time, since the security policy lets no page write styles. */
export function themeVariables(): Plugin {
  return {
    name: "theme-variables",
    resolveId: id => (id === NAME ? RESOLVED : null),
    load(id) {
      if (id !== RESOLVED) return null;
      const variables = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
      return convertCssVariables(variables, ":root");
    },
  };
}
