import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** The one accent; every other colour is a grey or says a state (states.css). */
const accent: MantineColorsTuple = [
  "#eef2fd",
  "#dbe3fa",
  "#b6c5f3",
  "#8ea5ec",
  "#6c8ae6",
  "#5678e2",
  "#3a5bc7",
  "#3351b3",
  "#2a4496",
  "#203677",
];

/** What cannot be undone: the hue of `failed` (states.css), dark enough for white text on it (WCAG 1.4.3). */
const danger: MantineColorsTuple = [
  "#fff3ea",
  "#fde2cd",
  "#f9c49b",
  "#f3a468",
  "#ea8540",
  "#d55e00",
  "#ab4b00",
  "#933f00",
  "#7a3400",
  "#5f2800",
];

/** The greys of the dark scheme, from its text to its deepest ground: those of states.css, so that fields stand on it too. */
const dark: MantineColorsTuple = [
  "#e8eaee",
  "#c3c8d0",
  "#a2aab6",
  "#6b7482",
  "#3b424e",
  "#2a2f38",
  "#1a1e25",
  "#14171c",
  "#0f1216",
  "#0b0d10",
];

/** How Mantine's components look. Written to CSS when the console is built (build/theme_variables.ts). */
export const theme = createTheme({
  colors: { accent, danger, dark },
  primaryColor: "accent",
  primaryShade: 6,
  autoContrast: true,
  defaultRadius: "sm",
  cursorType: "pointer",
  fontFamily:
    'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  headings: {
    fontWeight: "600",
    sizes: { h1: { fontSize: "1.25rem" }, h2: { fontSize: "1rem" }, h3: { fontSize: "0.875rem" } },
  },
  components: {
    // What these would write into the page to lock its scrolling, the security policy refuses.
    Modal: { defaultProps: { lockScroll: false } },
    Drawer: { defaultProps: { lockScroll: false } },
  },
});
