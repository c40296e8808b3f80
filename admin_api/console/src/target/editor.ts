import {
  acceptCompletion,
  autocompletion,
  type CompletionResult,
  completionStatus,
  moveCompletionSelection,
  type Completion as Shown,
  selectedCompletion,
  startCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { Compartment, EditorState, type Extension, Prec, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, keymap, placeholder, WidgetType } from "@codemirror/view";
import { completionAt, type Option, type Vocabulary } from "./completion.js";
import { look } from "./editor_look.js";
import { highlighting } from "./highlighting.js";
import { tryParse } from "./parse.js";

/** Where a text is wrong, in UTF-16 units. */
export interface Span {
  readonly offset: number;
  readonly end: number;
}

/** What the editor asks of what is around it; asked anew each time, so it may change. */
export interface Surroundings {
  vocabulary(): Vocabulary;
  /** What an option means, in a few words. */
  detail(option: Option): string;
  onSubmit(): boolean;
}

export const setFault = StateEffect.define<Span | null>();

/** What changes while the editor stays: its name, its placeholder. */
export const named = new Compartment();
export const empty = new Compartment();

/** An editor of one line of the target language; it wraps, and takes no line breaks. */
export function targetEditor(surroundings: Surroundings): Extension {
  return [
    history(),
    oneLine,
    EditorView.lineWrapping,
    highlighting,
    faultField,
    look,
    empty.of([]),
    named.of([]),
    Prec.highest(
      keymap.of([
        {
          key: "Enter",
          run: view => accept(view, true) || surroundings.onSubmit(),
          shift: () => surroundings.onSubmit(),
        },
        { key: "Tab", run: view => accept(view, false) },
        { key: "Alt-ArrowDown", run: startCompletion },
      ]),
    ),
    autocompletion({
      override: [context => completionsOf(context.state, context.pos, context.explicit, surroundings)],
      icons: false,
      // So few that the list need not scroll, which the keyboard could not do; the arrows go on beyond them.
      maxRenderedOptions: 10,
      selectOnOpen: false,
      interactionDelay: 0,
      activateOnTypingDelay: 50,
      activateOnCompletion: shown => /[: (]$/.test(String(shown.apply)),
    }),
    keymap.of([...defaultKeymap, ...historyKeymap]),
  ];
}

const oneLine = EditorState.transactionFilter.of(transaction => {
  if (transaction.newDoc.lines === 1) return transaction;
  const text = transaction.newDoc.toString();
  const changes = [...text.matchAll(/\n/g)].map(({ index }) => ({ from: index, to: index + 1, insert: " " }));
  return [transaction, { changes, sequential: true }];
});

/**
 * Takes what is selected in the list. With nothing selected, Tab takes the first, and Enter too where the text is no
 * target yet: where it is one, Enter means the text.
 */
function accept(view: EditorView, byEnter: boolean): boolean {
  if (completionStatus(view.state) !== "active") return false;
  if (selectedCompletion(view.state) === null) {
    if (byEnter && tryParse(view.state.doc.toString()).fault === null) return false;
    moveCompletionSelection(true)(view);
  }
  return acceptCompletion(view);
}

function completionsOf(
  state: EditorState,
  offset: number,
  explicit: boolean,
  surroundings: Surroundings,
): CompletionResult | null {
  const text = state.doc.toString();
  if (text === "" && !explicit) return null;
  const found = completionAt(text, offset, surroundings.vocabulary());
  if (found === null) return null;
  const options = found.options.map((option): Shown => {
    const detail = surroundings.detail(option);
    return { label: option.label, type: option.sort, apply: option.inserted, ...(detail !== "" && { detail }) };
  });
  return { from: found.from, to: offset, options, filter: false };
}

class MissingHere extends WidgetType {
  override toDOM(): HTMLElement {
    const mark = document.createElement("span");
    mark.className = "cm-fault cm-missing";
    mark.textContent = "\u2002";
    return mark;
  }
  override eq(): boolean {
    return true;
  }
}

const wrong = Decoration.mark({ class: "cm-fault" });
const missing = Decoration.widget({ widget: new MissingHere(), side: 1 });

const faultField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    // Until it is said where the new text is wrong, the mark stays with its words.
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setFault)) next = marked(effect.value, transaction.newDoc.length);
    }
    return next;
  },
  provide: field => EditorView.decorations.from(field),
});

function marked(span: Span | null, length: number): DecorationSet {
  if (span === null) return Decoration.none;
  const from = Math.min(span.offset, length);
  const to = Math.min(span.end, length);
  return Decoration.set([to > from ? wrong.range(from, to) : missing.range(from)]);
}

/** The accessible name, and whether the text is refused. */
export function attributesOf(label: string, invalid: boolean): Extension {
  return EditorView.contentAttributes.of({
    "aria-label": label,
    "aria-multiline": "false",
    "aria-invalid": String(invalid),
    spellcheck: "false",
  });
}

/** What stands there while nothing is written. */
export function placeholderOf(text: string): Extension {
  return text === "" ? [] : placeholder(text);
}
