/** What a page notices of the network and of its user, where the library runs in one. */

/**
 * `wake`: the page is visible again, or the network is said to be back. `doubt`: the network is said to be gone.
 * `rest`: the page is hidden or left, and may be ended without another word.
 */
export type Signal = "wake" | "doubt" | "rest";

export interface Signals {
  /** Calls back with each signal; what it returns ends that. */
  listen(listener: (signal: Signal) => void): () => void;
}

/** The signals of a page, from the events of its window and its document (HTML, Page Visibility, Page Lifecycle). */
export function pageSignals(window: Window): Signals {
  const { document } = window;
  return {
    listen: listener => {
      const sources: [EventTarget, string, () => Signal][] = [
        [window, "online", () => "wake"],
        [window, "pageshow", () => "wake"],
        [window, "offline", () => "doubt"],
        [window, "pagehide", () => "rest"],
        [document, "resume", () => "wake"],
        [document, "freeze", () => "rest"],
        [document, "visibilitychange", () => (document.visibilityState === "visible" ? "wake" : "rest")],
      ];
      const attached = sources.map(([target, event, signal]) => {
        const heard = () => listener(signal());
        target.addEventListener(event, heard);
        return () => target.removeEventListener(event, heard);
      });
      return () => {
        for (const detach of attached) detach();
      };
    },
  };
}

/** Those of the page that this runs in; none where there is no page. */
export function signalsHere(): Signals | null {
  return typeof window === "undefined" || typeof document === "undefined" ? null : pageSignals(window);
}
