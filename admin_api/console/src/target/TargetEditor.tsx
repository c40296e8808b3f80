import { Annotation } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { useEffect, useLayoutEffect, useRef } from "react";
import type { Option, Vocabulary } from "./completion.js";
import { attributesOf, empty, named, placeholderOf, type Span, setFault, targetEditor } from "./editor.js";

export interface TargetEditorProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onSubmit: () => boolean;
  readonly onFocus: (focused: boolean) => void;
  /** Where the marked character is, in pixels from the left edge; null while nothing is marked. */
  readonly onMarked: (left: number | null) => void;
  readonly label: string;
  readonly placeholder: string;
  readonly vocabulary: Vocabulary;
  readonly detail: (option: Option) => string;
  readonly fault: Span | null;
  readonly describedBy: HTMLElement | null;
  readonly filterBox: boolean;
  readonly autoFocus: boolean;
}

/** What is set from outside is no change that somebody made. */
const FromOutside = Annotation.define<boolean>();

/**
 * The editor itself, in a shadow root: there it takes its styles as adopted style sheets, which the content security
 * policy allows, and not as elements, which it does not.
 */
export default function TargetEditor(props: TargetEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  /** What was typed and has not come back as `value` yet. */
  const typed = useRef<string[]>([]);
  const { value, label, placeholder, fault, describedBy, filterBox } = props;

  useLayoutEffect(() => {
    const element = host.current;
    if (element === null) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const editor = new EditorView({
      doc: latest.current.value,
      root,
      parent: root,
      extensions: [
        targetEditor({
          vocabulary: () => latest.current.vocabulary,
          detail: option => latest.current.detail(option),
          onSubmit: () => latest.current.onSubmit(),
        }),
        EditorView.updateListener.of(update => {
          if (update.focusChanged) latest.current.onFocus(update.view.hasFocus);
          const made = update.transactions.some(each => each.docChanged && each.annotation(FromOutside) !== true);
          if (!made) return;
          const text = update.state.doc.toString();
          typed.current.push(text);
          latest.current.onChange(text);
        }),
      ],
    });
    view.current = editor;
    // The key that goes to the filter focuses what carries its mark.
    element.focus = () => editor.focus();
    if (latest.current.autoFocus) editor.focus();
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (editor === null) return;
    const isAsShown = editor.state.doc.toString() === value;
    // While one types faster than the page is drawn, `value` is what was typed a moment ago: the text has gone on.
    if (!isAsShown && typed.current.includes(value)) return;
    typed.current = [];
    if (isAsShown) return;
    const changes = { from: 0, to: editor.state.doc.length, insert: value };
    editor.dispatch({ changes, annotations: FromOutside.of(true), selection: { anchor: value.length } });
  }, [value]);

  const invalid = fault !== null;
  useEffect(() => {
    view.current?.dispatch({
      effects: [named.reconfigure(attributesOf(label, invalid)), empty.reconfigure(placeholderOf(placeholder))],
    });
  }, [label, placeholder, invalid]);

  useEffect(() => {
    const content = view.current?.contentDOM;
    if (content !== undefined && "ariaDescribedByElements" in content) {
      content.ariaDescribedByElements = describedBy === null ? [] : [describedBy];
    }
  }, [describedBy]);

  const offset = fault?.offset ?? null;
  const end = fault?.end ?? null;
  useEffect(() => {
    const editor = view.current;
    if (editor === null) return;
    editor.dispatch({ effects: setFault.of(offset === null || end === null ? null : { offset, end }) });
    if (offset === null) return latest.current.onMarked(null);
    editor.requestMeasure({
      read: () =>
        (editor.coordsAtPos(Math.min(offset, editor.state.doc.length))?.left ?? 0) -
        editor.dom.getBoundingClientRect().left,
      write: left => latest.current.onMarked(left),
    });
  }, [offset, end]);

  return <div ref={host} data-target-editor={label} {...(filterBox && { "data-filter-box": true })} />;
}
