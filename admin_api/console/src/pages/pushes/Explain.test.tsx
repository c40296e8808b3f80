import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { Explanation } from "../../api/schema.js";
import { problem, renderPage } from "../../testing.js";
import { Explain } from "./Explain.js";

const read: Explanation = {
  push_id: "p1",
  terminal_id: "alice/desk",
  user: "alice",
  answer: "read",
  steps: [
    { step: "target", outcome: "matched", text: "the target means it", data: { clause: { groups: ["ops"] } } },
    { step: "stage", outcome: "w2", text: "wave 2", data: { stage: "w2", wave: 2, waves: 3, lane: null } },
    { step: "delivery", outcome: "read", text: "a person", data: { at: "2026-11-24T09:01:12.500Z", kind: "read" } },
    { step: "end", outcome: "whatever", text: "the service says this", data: {} },
  ],
  others: ["alice/phone"],
};
const PATH = "GET /v1/pushes/p1/explain";

describe("Explain", () => {
  it("says the outcome and each step with its mark", async () => {
    await renderPage(<Explain pushId="p1" terminalId="alice/desk" />, { answers: { [PATH]: read } });
    expect(await screen.findByText("A person has read it there")).toBeTruthy();
    const steps = screen.getAllByRole("listitem").slice(0, 4);
    expect(steps[0]?.textContent).toContain("Target: yes");
    expect(steps[1]?.textContent).toContain("Its turn is in wave 2 of 3");
    expect(steps[3]?.textContent).toContain("the service says this");
  });

  it("shows the facts of a step that has some", async () => {
    await renderPage(<Explain pushId="p1" terminalId="alice/desk" />, { answers: { [PATH]: read } });
    await screen.findByText("A person has read it there");
    expect(screen.getAllByText("Facts")).toHaveLength(3);
  });

  it("goes to another terminal of the user", async () => {
    const answers = {
      [`${PATH}?user=alice`]: read,
      [`${PATH}?terminal=alice%2Fphone`]: { ...read, terminal_id: "alice/phone", answer: "away", others: [] },
    };
    await renderPage(<Explain pushId="p1" user="alice" />, { answers });
    const others = await screen.findByRole("region", { name: "Other terminals of alice" });
    await userEvent.click(within(others).getByRole("button", { name: "alice/phone" }));
    expect(await screen.findByText("It is away, and gets it when it comes back")).toBeTruthy();
  });

  it("says why it cannot", async () => {
    const answers = { [PATH]: problem(404, "push_not_found", "there is no push p1") };
    await renderPage(<Explain pushId="p1" terminalId="x" />, { answers });
    expect((await screen.findByRole("alert")).textContent).toContain("there is no push p1");
  });
});
