import "./look/index.js";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { type Config, loadConfig } from "./api/config.js";
import { problemOf } from "./api/problem.js";
import { theme } from "./look/theme.js";
import { startWords } from "./words/index.js";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the service refuses it refuses again; what it could not do, it may do in a moment.
      retry: (failures, error) => failures < 2 && [0, 429, 503].includes(problemOf(error).status),
      staleTime: 5_000,
      refetchOnWindowFocus: true,
    },
  },
});

/** What every page of ours stands in. */
export function Surroundings({ children }: { children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withStaticClasses={false}
      withGlobalClasses={false}
    >
      <Notifications position="bottom-right" />
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </MantineProvider>
  );
}

/** Loads words and settings, then shows the page; or says why it cannot. */
export async function start(page: (config: Config) => ReactNode | Promise<ReactNode>): Promise<void> {
  const root = document.getElementById("root");
  if (root === null) throw new Error("the page has no #root");
  try {
    const [config] = await Promise.all([loadConfig(), startWords()]);
    const shown = await page(config);
    createRoot(root).render(
      <StrictMode>
        <Surroundings>{shown}</Surroundings>
      </StrictMode>,
    );
  } catch (error) {
    root.textContent = error instanceof Error ? error.message : String(error);
  }
}
