import { useCallback, useState } from "react";

/** The width of an element in pixels, followed as it changes; `fallback` until it is known. Give `ref` to the element. */
export function useWidth<E extends HTMLElement>(fallback: number): { ref: (element: E | null) => void; width: number } {
  const [width, setWidth] = useState(0);
  const ref = useCallback((element: E | null) => {
    if (element === null) return;
    const observer = new ResizeObserver(entries => {
      const found = entries[0]?.contentRect.width ?? 0;
      if (found > 0) setWidth(Math.floor(found));
    });
    observer.observe(element);
    const now = element.getBoundingClientRect().width;
    if (now > 0) setWidth(Math.floor(now));
    return () => observer.disconnect();
  }, []);
  return { ref, width: width === 0 ? fallback : width };
}
