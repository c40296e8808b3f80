import { act, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { renderPage } from "../testing.js";
import { Chart } from "./Chart.js";

const drawn: unknown[] = [];
const dispose = vi.fn();
vi.mock("./engine.js", () => ({
  init: () => ({
    setOption: (option: unknown) => drawn.push(option),
    resize: () => undefined,
    isDisposed: () => false,
    dispose,
  }),
}));

describe("Chart", () => {
  beforeEach(() => {
    drawn.length = 0;
    dispose.mockClear();
    document.documentElement.style.setProperty("--state-read", "#009e73");
  });

  const option = { series: [{ type: "line" as const, data: [1, 2], color: "var(--state-read)" }] };

  it("says what it shows and is drawn in the page's colours", async () => {
    await renderPage(<Chart option={option} label="Read over time" height={120} />);
    expect(screen.getByRole("img", { name: "Read over time" })).toBeTruthy();
    await waitFor(() => expect(drawn).toHaveLength(1));
    expect(drawn[0]).toMatchObject({ series: [{ color: "#009e73" }], tooltip: { renderMode: "richText" } });
  });

  it("is drawn anew when the colour scheme changes", async () => {
    await renderPage(<Chart option={option} label="Read over time" height={120} />);
    await waitFor(() => expect(drawn).toHaveLength(1));
    act(() => {
      document.documentElement.style.setProperty("--state-read", "#1fb88b");
      document.documentElement.setAttribute("data-mantine-color-scheme", "dark");
    });
    await waitFor(() => expect(drawn.at(-1)).toMatchObject({ series: [{ color: "#1fb88b" }] }));
  });

  it("gives its canvas back when it goes", async () => {
    const { unmount } = await renderPage(<Chart option={option} label="Read over time" height={120} />);
    await waitFor(() => expect(drawn).toHaveLength(1));
    unmount();
    expect(dispose).toHaveBeenCalledOnce();
  });
});
