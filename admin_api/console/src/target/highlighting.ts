import { type Extension, RangeSetBuilder } from "@codemirror/state";
import { Decoration, type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import { TargetFault } from "./fault.js";
import { type Token, tokensOf } from "./tokens.js";

const MARKS = {
  kind: Decoration.mark({ class: "cm-kind" }),
  keyword: Decoration.mark({ class: "cm-keyword" }),
  sign: Decoration.mark({ class: "cm-sign" }),
  value: Decoration.mark({ class: "cm-value" }),
};

/** Shows which words are the language's and which are names and values. */
export const highlighting: Extension = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = marksOf(view.state.doc.toString());
    }
    update(update: ViewUpdate): void {
      if (update.docChanged) this.decorations = marksOf(update.state.doc.toString());
    }
  },
  { decorations: plugin => plugin.decorations },
);

function marksOf(text: string): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const token of readable(text)) {
    const mark = markOf(token);
    if (mark !== null) builder.add(token.offset, token.end, mark);
  }
  return builder.finish();
}

/** The tokens up to where the text cannot be cut any more. */
function readable(text: string): Token[] {
  try {
    return tokensOf(text);
  } catch (fault) {
    if (!(fault instanceof TargetFault)) throw fault;
    return fault.offset === 0 ? [] : readable(text.slice(0, fault.offset));
  }
}

function markOf({ sort, keyword, named }: Token): Decoration | null {
  if (sort === "end") return null;
  if (sort === "kind") return MARKS.kind;
  if (sort === "sign") return MARKS.sign;
  if (keyword !== null && !named) return MARKS.keyword;
  return MARKS.value;
}
