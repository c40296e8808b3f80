import { createBrowserRouter } from "react-router";
import { Crash } from "./shell/Crash.js";
import { Missing } from "./shell/Missing.js";
import { Shell } from "./shell/Shell.js";

/** Every page, each loaded when it is first opened. A page's module exports its component as `Component`. */
export function router(basename: string) {
  return createBrowserRouter(
    [
      {
        path: "/",
        element: <Shell />,
        errorElement: <Crash />,
        children: [
          {
            errorElement: <Crash />,
            children: [
              { index: true, lazy: () => import("./pages/overview/Overview.js") },
              { path: "terminals", lazy: () => import("./pages/terminals/Terminals.js") },
              { path: "compose", lazy: () => import("./pages/compose/Compose.js") },
              { path: "pushes", lazy: () => import("./pages/pushes/Pushes.js") },
              { path: "pushes/:pushId", lazy: () => import("./pages/pushes/PushPage.js") },
              { path: "strategies", lazy: () => import("./pages/strategies/Strategies.js") },
              { path: "strategies/:name", lazy: () => import("./pages/strategies/StrategyPage.js") },
              { path: "audit", lazy: () => import("./pages/audit/Audit.js") },
              { path: "settings", lazy: () => import("./pages/settings/Settings.js") },
              { path: "*", element: <Missing /> },
            ],
          },
        ],
      },
    ],
    { basename },
  );
}
