import { act, fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { renderPage } from "../testing.js";
import { AudienceBuilder } from "./AudienceBuilder.js";

let write: (value: string) => void = () => undefined;

function Both({ start }: { start: string }) {
  const [value, setValue] = useState(start);
  write = setValue;
  return (
    <>
      <AudienceBuilder value={value} onChange={setValue} />
      <output aria-label="text">{value}</output>
    </>
  );
}

/** Presses the first button with the name; by its label, since roles of nested boxes take long to work out. */
function click(name: string): void {
  const button = [...document.querySelectorAll("button")].find(each => (each.ariaLabel ?? each.textContent) === name);
  if (button === undefined) throw new Error(`there is no button ${name}`);
  fireEvent.click(button);
}

const text = () => screen.getByLabelText("text").textContent;

describe("the builder of an audience", () => {
  it("writes a condition as it is put together", async () => {
    await renderPage(<Both start="" />);
    expect(screen.getByText("Everybody who is connected")).toBeTruthy();
    click("Condition");
    expect(text()).toBe("");
    await userEvent.type(screen.getByLabelText("Groups", { selector: "input" }), "night shift{Enter}");
    expect(text()).toBe('group:"night shift"');
    click("not");
    expect(text()).toBe('not group:"night shift"');
  });

  it("compares attributes with what is typed: numbers, text, several", async () => {
    await renderPage(<Both start="floor = 3" />);
    fireEvent.change(screen.getByLabelText("How it is compared"), { target: { value: "ge" } });
    expect(text()).toBe("floor >= 3");
    fireEvent.change(screen.getByLabelText("Value", { selector: "input" }), { target: { value: '"3"' } });
    expect(text()).toBe('floor >= "3"');
    fireEvent.change(screen.getByLabelText("How it is compared"), { target: { value: "exists" } });
    expect(text()).toBe("has floor");
  });

  it("joins conditions by any or all, and takes them out", async () => {
    await renderPage(<Both start="group:ops and os = mac" />);
    fireEvent.click(screen.getByLabelText("Any of these"));
    expect(text()).toBe("group:ops or os = mac");
    click("Remove the condition");
    expect(text()).toBe("os = mac");
    click("Remove the condition");
    expect(text()).toBe("all");
  });

  it("shows what is written beside it, boxes in boxes as deep as targets go", async () => {
    await renderPage(<Both start="all" />);
    act(() => write("a=1 or (a=1 and (a=1 or (a=1 and (a=1 or (a=1 and (a=1 or a=2))))))"));
    expect(document.querySelectorAll("fieldset")).toHaveLength(7);
    act(() => write("group:ops or not (os = mac and not user:bob)"));
    expect(document.querySelectorAll("fieldset fieldset [aria-pressed=true]")).toHaveLength(2);
  });

  it("says that a text is no target, and keeps nothing from it", async () => {
    await renderPage(<Both start="group:ops and" />);
    expect(screen.getByText(/The text is no target yet/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Condition" })).toBeNull();
  });
});
