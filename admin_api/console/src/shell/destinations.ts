import {
  IconDevices,
  IconHistory,
  IconLayoutDashboard,
  IconRoute,
  IconSend,
  IconSettings,
  IconTimeline,
  type TablerIcon,
} from "@tabler/icons-react";
import type { Scope } from "../session/session.js";

/** A page that the menu leads to. `key`: `g`, then this letter. */
export interface Destination {
  readonly name: "overview" | "terminals" | "compose" | "pushes" | "strategies" | "audit" | "settings";
  readonly path: string;
  readonly scope: Scope;
  readonly key: string;
  readonly icon: TablerIcon;
}

/** The menu, in its order. Who lacks the scope does not see the entry. */
export const DESTINATIONS: readonly Destination[] = [
  { name: "overview", path: "/", scope: "terminals:read", key: "o", icon: IconLayoutDashboard },
  { name: "terminals", path: "/terminals", scope: "terminals:read", key: "t", icon: IconDevices },
  { name: "compose", path: "/compose", scope: "push:send", key: "n", icon: IconSend },
  { name: "pushes", path: "/pushes", scope: "push:read", key: "p", icon: IconTimeline },
  { name: "strategies", path: "/strategies", scope: "push:read", key: "s", icon: IconRoute },
  { name: "audit", path: "/audit", scope: "audit:read", key: "a", icon: IconHistory },
  { name: "settings", path: "/settings", scope: "audit:read", key: "e", icon: IconSettings },
];
