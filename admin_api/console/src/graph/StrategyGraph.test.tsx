import { configure, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { renderPage } from "../testing.js";
import { MUST_READ, STAGED } from "./examples.js";
import { StrategyGraph } from "./StrategyGraph.js";
import { StrategyThumbnail } from "./StrategyThumbnail.js";

// Finding by role is slow in jsdom, and machines that test are busy.
configure({ asyncUtilTimeout: 10_000 });

describe("the graph", () => {
  it("lets a step be chosen by the keyboard", async () => {
    const chosen = vi.fn();
    await renderPage(<StrategyGraph strategy={STAGED} selected="wave-1" onSelect={chosen} />);
    const wave = await screen.findByRole("button", { name: /^Wave 1/ });
    expect(wave.getAttribute("aria-pressed")).toBe("true");
    screen.getByRole("button", { name: /^Wave 2/ }).focus();
    await userEvent.keyboard("{Enter}");
    expect(chosen).toHaveBeenCalledWith("wave-2");
  });

  it("carries the numbers of a push and says where it is now", async () => {
    await renderPage(
      <StrategyGraph strategy={MUST_READ} counts={{ deliver: 1_200, ack: { count: 3, of: 40 } }} current="ack" />,
    );
    const here = (await screen.findByText("It is here now")).closest<HTMLElement>("[aria-current=step]");
    expect(here).not.toBeNull();
    expect(within(here as HTMLElement).getByText("3 of 40")).toBeTruthy();
    expect(screen.getByText("1,200")).toBeTruthy();
    expect(screen.queryAllByRole("button")).toEqual([]);
  });

  it("shows an approval while a push waits for it", async () => {
    await renderPage(<StrategyGraph strategy={MUST_READ} current="approval" />);
    expect(await screen.findByText("Approval")).toBeTruthy();
  });
});

describe("the thumbnail", () => {
  it("is one picture that says what the strategy does", async () => {
    await renderPage(<StrategyThumbnail strategy={STAGED} />);
    expect(screen.getByRole("img", { name: /^First to 5%/ }).textContent).toContain("10 min");
  });
});
