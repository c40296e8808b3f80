import { configure, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { beforeAll, describe, expect, it } from "vitest";
import { targetEditorOf, writeTarget } from "../target/testing.js";
import { renderPage } from "../testing.js";
import { MUST_READ, NOW, STAGED } from "./examples.js";
import { StrategyEditor } from "./StrategyEditor.js";
import type { StrategyGiven } from "./strategy.js";

let now: StrategyGiven = {};
let readable = true;

function Edited({ begins, faults }: { begins: StrategyGiven; faults?: ReadonlyMap<string, string> }) {
  const [value, setValue] = useState(begins);
  now = value;
  return (
    <StrategyEditor
      // A parent may hand down a copy of what it was given.
      value={{ ...value }}
      onChange={setValue}
      faults={faults}
      onReadable={is => {
        readable = is;
      }}
    />
  );
}

const json = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: /The strategy as JSON/ });
const write = (text: string) => fireEvent.change(json(), { target: { value: text } });

// Finding by role is slow in jsdom, and machines that test are busy.
configure({ asyncUtilTimeout: 10_000 });

// Loaded before, so that no test waits for it.
beforeAll(() => import("./Canvas.js"));

describe("the editor", () => {
  it("shows a change of the form in the graph and in the JSON", async () => {
    await renderPage(<Edited begins={STAGED} />);
    await userEvent.click(await screen.findByRole("button", { name: /^Wave 1/ }));
    const percent = screen.getByRole<HTMLInputElement>("textbox", { name: /Goes to/ });
    for (const typed of ["", "7", "7.", "7.5"]) {
      // As a browser does: to what the field shows after the key before.
      fireEvent.change(percent, { target: { value: `${typed} %` } });
      if (typed !== "") expect(percent.value).toBe(`${typed} %`);
    }
    expect(now.waves?.[0]?.percent).toBe(7.5);
    expect(screen.getByRole("button", { name: /^Wave 1/ }).textContent).toContain("7.5% of all");
    await userEvent.click(screen.getByRole("tab", { name: "JSON" }));
    expect(JSON.parse(json().value)).toEqual(now);
  });

  it("shows a change of the JSON in the graph, and leaves the text as it is typed", async () => {
    await renderPage(<Edited begins={NOW} />);
    await userEvent.click(screen.getByRole("tab", { name: "JSON" }));
    write('{"ack":{"need":"read","within":"5m"}}');
    expect(now).toEqual({ ack: { need: "read", within: "5m" } });
    expect(json().value).toBe('{"ack":{"need":"read","within":"5m"}}');
    expect(await screen.findByRole("button", { name: /^Wait for confirmation/ })).toBeTruthy();
  });

  it("keeps what it had while the JSON is no strategy, and says why", async () => {
    await renderPage(<Edited begins={NOW} />);
    await userEvent.click(screen.getByRole("tab", { name: "JSON" }));
    write('{"waves": 3}');
    expect(screen.getByText("/waves must be a list")).toBeTruthy();
    expect([now, readable]).toEqual([NOW, false]);
    write('{"wave": []}');
    expect(screen.getByText("/wave is not a member that a strategy has")).toBeTruthy();
    write('{"waves"');
    expect(screen.getByText(/^This is no JSON/)).toBeTruthy();
    write("{}");
    expect([now, readable]).toEqual([{}, true]);
  });

  it("adds a step and opens its form, and takes it out again", async () => {
    await renderPage(<Edited begins={NOW} />);
    await userEvent.click(screen.getByRole("button", { name: "Add" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "An escalation" }));
    expect(screen.getByRole("heading", { name: "Escalate" })).toBeTruthy();
    expect(screen.getAllByText("Needs a look")).toHaveLength(1);
    await userEvent.type(screen.getByRole("textbox", { name: /What to tell them/ }), "Look after it");
    const { contentDOM } = await targetEditorOf("Whom to tell");
    expect(contentDOM.getAttribute("aria-invalid")).toBe("true");
    await writeTarget("Whom to tell", "group:oncall");
    expect(contentDOM.getAttribute("aria-invalid")).toBe("false");
    const escalate = { target: "group:oncall", message: "Look after it" };
    expect(now.ack).toEqual({ need: "read", within: "15m", escalate });
    await userEvent.click(screen.getByRole("button", { name: "Take out" }));
    expect(now.ack).toEqual({ need: "read", within: "15m" });
  });

  it("shows the target of an escalation as plain text where nothing can be changed", async () => {
    const strategy = { ack: { ...MUST_READ.ack, escalate: { target: { groups: ["oncall"] }, message: "Read it" } } };
    await renderPage(<StrategyEditor value={strategy} onChange={() => undefined} isReadOnly />);
    await userEvent.click(await screen.findByRole("button", { name: /^Escalate/ }));
    const target = screen.getByRole<HTMLInputElement>("textbox", { name: "Whom to tell" });
    expect([target.value, target.readOnly]).toEqual(["group:oncall", true]);
  });

  it("checks a length of time as it is typed", async () => {
    await renderPage(<Edited begins={MUST_READ} />);
    await userEvent.click(await screen.findByRole("button", { name: /^Wait for confirmation/ }));
    const within = screen.getByRole("textbox", { name: /^Within/ });
    await userEvent.clear(within);
    await userEvent.type(within, "15x");
    expect(screen.getByText("A length of time, such as 90s, 15m, 24h or 2d")).toBeTruthy();
  });

  it("marks the step and shows at the field what the service refused", async () => {
    await renderPage(<Edited begins={STAGED} faults={new Map([["/waves/1/percent", "must be more"]])} />);
    const wave = await screen.findByRole("button", { name: /^Wave 2.*Needs a look/ });
    await userEvent.click(wave);
    expect(screen.getByText("must be more")).toBeTruthy();
  });
});
