import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

const LIST = ".cm-tooltip.cm-tooltip-autocomplete";

/** How the editor looks, by the console's variables: these reach into the shadow root, and change with the scheme. */
export const look: Extension = EditorView.theme({
  "&": { color: "var(--ink)", fontSize: "inherit", background: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": {
    fontFamily: 'ui-monospace, "SFMono-Regular", Menlo, Consolas, "Noto Sans Mono", monospace',
    fontSize: "0.8125rem",
    lineHeight: "20px",
  },
  ".cm-content": { padding: "6px 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 10px" },
  ".cm-placeholder": { color: "var(--ink-soft)" },
  ".cm-kind": { color: "var(--accent)" },
  ".cm-keyword": { color: "var(--accent)", fontWeight: "600" },
  ".cm-sign": { color: "var(--ink-soft)" },
  ".cm-fault": {
    textDecoration: "underline wavy var(--state-failed) 1px",
    textUnderlineOffset: "4px",
    textDecorationSkipInk: "none",
  },
  "&.cm-focused .cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-tooltip": {
    background: "var(--ground-raised)",
    border: "1px solid var(--line-strong)",
    borderRadius: "6px",
    boxShadow: "0 4px 16px rgb(0 0 0 / 14%)",
    zIndex: "250",
  },
  [`${LIST} > ul`]: { fontFamily: "inherit", maxHeight: "none", minWidth: "220px", padding: "4px" },
  [`${LIST} > ul > li`]: {
    display: "flex",
    gap: "16px",
    alignItems: "baseline",
    justifyContent: "space-between",
    padding: "4px 8px",
    lineHeight: "18px",
    color: "var(--ink)",
    borderRadius: "4px",
  },
  [`${LIST} > ul > li[aria-selected]`]: {
    color: "var(--ink)",
    background: "color-mix(in srgb, var(--accent) 18%, var(--ground-raised))",
  },
  ".cm-completionDetail": {
    margin: "0",
    fontStyle: "normal",
    fontVariantNumeric: "tabular-nums",
    color: "var(--ink-soft)",
    fontFamily: "var(--mantine-font-family)",
    fontSize: "0.75rem",
  },
});
