import { EditorView } from "@codemirror/view";
import { act, waitFor } from "@testing-library/react";

/** For tests: the editor of the TargetInput with this label, when it is loaded. */
export async function targetEditorOf(label: string): Promise<EditorView> {
  return await waitFor(() => {
    const host = [...document.querySelectorAll<HTMLElement>("[data-target-editor]")].find(
      each => each.dataset["targetEditor"] === label,
    );
    const content = host?.shadowRoot?.querySelector<HTMLElement>(".cm-content");
    const view = content === null || content === undefined ? null : EditorView.findFromDOM(content);
    if (view === null) throw new Error(`there is no editor called ${label}`);
    return view;
  });
}

/** For tests: writes a target into the TargetInput with this label, in place of what is there. */
export async function writeTarget(label: string, text: string): Promise<void> {
  const view = await targetEditorOf(label);
  act(() => {
    view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: text },
      selection: { anchor: text.length },
      userEvent: "input.type",
    });
  });
}
