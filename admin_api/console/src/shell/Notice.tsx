import { IconAlertTriangle, IconInfoCircle, type TablerIcon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./Notice.module.css";

interface NoticeProps {
  /** `care`: to know before going on. `fault`: something failed. `plain`: how it is. */
  readonly tone?: "care" | "fault" | "plain";
  readonly title?: string;
  /** Instead of the tone's own. */
  readonly icon?: TablerIcon;
  /** How it is read out when it comes up: at once, or when there is a pause. */
  readonly role?: "alert" | "status";
  readonly children?: ReactNode;
}

/** Something that is to be seen before the rest, in the colours of the states. */
export function Notice({ tone = "care", title, icon, role, children }: NoticeProps) {
  const Mark = icon ?? (tone === "plain" ? IconInfoCircle : IconAlertTriangle);
  return (
    <div className={classes.notice} data-tone={tone} role={role}>
      <Mark size={16} stroke={1.8} aria-hidden className={classes.mark} />
      <div className={classes.said}>
        {title !== undefined && <strong className={classes.title}>{title}</strong>}
        <div>{children}</div>
      </div>
    </div>
  );
}
