import { act, cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { useEffect, useState } from "react";
import { describe, expect, it } from "vitest";
import { ProblemError } from "../api/problem.js";
import { type Answers, renderPage } from "../testing.js";
import { TargetInput } from "./TargetInput.js";
import { targetEditorOf, writeTarget } from "./testing.js";

const ANSWERS: Answers = {
  "GET /v1/groups": { items: [{ name: "ops", connections: 12 }], next_cursor: null },
  "GET /v1/terminals": { items: [], next_cursor: null },
};

interface FilterProps {
  readonly start?: string;
  readonly error?: ProblemError | null;
  readonly submitted?: (value: string) => void;
}

function Filter({ start = "", error = null, submitted }: FilterProps) {
  const [value, setValue] = useState(start);
  return (
    <>
      <TargetInput
        label="Who"
        value={value}
        onChange={setValue}
        error={error}
        hint="everybody"
        {...(submitted && { onSubmit: submitted })}
      />
      <output>{value}</output>
    </>
  );
}

/** Shows what it is told, whatever is typed. */
function Lagging({ onShow }: { onShow: (show: (value: string) => void) => void }) {
  const [value, setValue] = useState("");
  useEffect(() => onShow(setValue), [onShow]);
  return <TargetInput label="Who" value={value} onChange={() => undefined} />;
}

describe("the input of a target", () => {
  it("has its name, and gives what is written", async () => {
    await renderPage(<Filter />, { answers: ANSWERS });
    const { contentDOM } = await targetEditorOf("Who");
    expect([contentDOM.getAttribute("role"), contentDOM.getAttribute("aria-label")]).toEqual(["textbox", "Who"]);
    await writeTarget("Who", "group:ops");
    expect(screen.getByRole("status").textContent).toBe("group:ops");
    expect(screen.getByText("everybody")).toBeTruthy();
  });

  it("says what is wrong, and marks the place", async () => {
    await renderPage(<Filter />, { answers: ANSWERS });
    await writeTarget("Who", "group:ops os = mac");
    expect(await screen.findByText('Expected “and”, “or” or the end, but here is "os".')).toBeTruthy();
    const { contentDOM } = await targetEditorOf("Who");
    expect(contentDOM.querySelector(".cm-fault")?.textContent).toBe("os");
    expect(contentDOM.getAttribute("aria-invalid")).toBe("true");
    await writeTarget("Who", "group:ops");
    expect(screen.queryByText(/^Expected/)).toBeNull();
  });

  it("keeps what is typed while its value lags behind, and takes a value that was not typed", async () => {
    let show: (value: string) => void = () => undefined;
    await renderPage(
      <Lagging
        onShow={set => {
          show = set;
        }}
      />,
      { answers: ANSWERS },
    );
    const { state } = await targetEditorOf("Who");
    expect(state.doc.toString()).toBe("");
    await writeTarget("Who", "group:t");
    await writeTarget("Who", "group:to");
    const shown: string[] = [];
    for (const value of ["group:t", "group:to", "group:ops", "group:t"]) {
      act(() => show(value));
      shown.push((await targetEditorOf("Who")).state.doc.toString());
    }
    expect(shown).toEqual(["group:to", "group:to", "group:ops", "group:t"]);
  });

  it("stays on one line", async () => {
    await renderPage(<Filter />, { answers: ANSWERS });
    await writeTarget("Who", "group:ops\nand os = mac");
    expect(screen.getByRole("status").textContent).toBe("group:ops and os = mac");
  });

  it("submits a target by Enter, and says what is missing of an unfinished one", async () => {
    const submitted: string[] = [];
    await renderPage(<Filter submitted={value => submitted.push(value)} />, { answers: ANSWERS });
    await writeTarget("Who", "group:ops");
    const { contentDOM } = await targetEditorOf("Who");
    fireEvent.keyDown(contentDOM, { key: "Enter" });
    expect(submitted).toEqual(["group:ops"]);
    await writeTarget("Who", "group:");
    act(() => contentDOM.focus());
    fireEvent.keyDown(contentDOM, { key: "Enter" });
    expect(submitted).toEqual(["group:ops"]);
    expect(await screen.findByText("Something is missing at the end: a name.")).toBeTruthy();
  });

  it("marks what the service refused, until the text changes", async () => {
    const error = new ProblemError({
      code: "invalid_target",
      detail: "the group is not for you, at character 7 of the target\n  group:ops\n        ^",
      position: 6,
      expected: [],
    });
    await renderPage(<Filter start="group:ops" error={error} />, { answers: ANSWERS });
    const { contentDOM } = await targetEditorOf("Who");
    expect(screen.getByText("the group is not for you, at character 7 of the target")).toBeTruthy();
    await waitFor(() => expect(contentDOM.querySelector(".cm-fault")?.textContent).toBe("ops"));
    await writeTarget("Who", "group:it");
    expect(screen.queryByText(/not for you/)).toBeNull();
  });

  it("says what else is wrong with the whole of it, after what is wrong in it", async () => {
    const who = (value: string) => (
      <TargetInput label="Who" value={value} onChange={() => undefined} fault={"Not for you\n  group:ops"} />
    );
    await renderPage(who("group:ops"), { answers: ANSWERS });
    const { contentDOM } = await targetEditorOf("Who");
    expect(screen.getByText("Not for you")).toBeTruthy();
    await waitFor(() => expect(contentDOM.querySelector(".cm-fault")?.textContent).toBe("group:ops"));
    cleanup();
    await renderPage(who("group:ops or or"), { answers: ANSWERS });
    expect(await screen.findByText(/is a word of the language|^Expected/)).toBeTruthy();
    expect(screen.queryByText("Not for you")).toBeNull();
  });

  it("is found by what goes to the filter", async () => {
    await renderPage(<TargetInput label="Who" value="" onChange={() => undefined} filterBox />, { answers: ANSWERS });
    const { contentDOM } = await targetEditorOf("Who");
    act(() => document.querySelector<HTMLElement>("[data-filter-box]")?.focus());
    expect(contentDOM.getRootNode()).toBeInstanceOf(ShadowRoot);
    expect((contentDOM.getRootNode() as ShadowRoot).activeElement).toBe(contentDOM);
  });
});
