import { useEffect, useRef, useState } from "react";
import { dressed } from "./look.js";
import type { ChartOption } from "./option.js";
import { pageVariables, painted } from "./painted.js";

interface ChartProps {
  /** What to draw. Colours may be `"var(--…)"`; keep the object as long as it says the same (useMemo). */
  readonly option: ChartOption;
  /** What it shows, for who cannot see it. */
  readonly label: string;
  /** In CSS pixels. */
  readonly height: number;
}

type Drawing = ReturnType<typeof import("./engine.js")["init"]>;

/** A chart in the page's colours. ECharts is loaded when the first one is shown; the size is kept free meanwhile. */
export function Chart({ option, label, height }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const scheme = useScheme();

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    let made: Drawing | null = null;
    let gone = false;
    const resized = new ResizeObserver(() => made?.resize());
    void import("./engine.js").then(({ init }) => {
      if (gone) return;
      made = init(element, null, { renderer: "canvas" });
      resized.observe(element);
      setDrawing(made);
    });
    return () => {
      gone = true;
      resized.disconnect();
      made?.dispose();
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the same option has other colours in another scheme
  useEffect(() => {
    if (drawing === null || drawing.isDisposed()) return;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const font = getComputedStyle(document.body).fontFamily;
    drawing.setOption(painted(dressed(option, { still, font }), pageVariables()), { notMerge: true });
  }, [drawing, option, scheme]);

  return <div ref={place} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}

const SCHEME = "data-mantine-color-scheme";

const schemeNow = () => document.documentElement.getAttribute(SCHEME);

/** The colour scheme that the page has now. */
function useScheme(): string | null {
  const [scheme, setScheme] = useState(schemeNow);
  useEffect(() => {
    const changes = new MutationObserver(() => setScheme(schemeNow()));
    changes.observe(document.documentElement, { attributes: true, attributeFilter: [SCHEME] });
    return () => changes.disconnect();
  }, []);
  return scheme;
}
