import {
  IconArchive,
  IconArrowBackUp,
  IconBellRinging,
  IconCalendarClock,
  IconCheck,
  IconGauge,
  IconHourglass,
  IconPlayerPause,
  IconRefresh,
  IconSend,
  IconStairsUp,
  IconUserCheck,
  IconUsers,
  type TablerIcon,
} from "@tabler/icons-react";
import type { StepKind } from "./nodes.js";

/** The mark of each kind of step, the same in graphs, thumbnails and forms. */
export const STEP_ICONS: Record<StepKind, TablerIcon> = {
  audience: IconUsers,
  approval: IconUserCheck,
  window: IconCalendarClock,
  pace: IconGauge,
  wave: IconStairsUp,
  pause: IconPlayerPause,
  deliver: IconSend,
  ack: IconHourglass,
  resend: IconRefresh,
  escalate: IconBellRinging,
  done: IconCheck,
  retain: IconArchive,
  replay: IconArrowBackUp,
};
